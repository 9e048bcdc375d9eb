import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { readResponse, recordTypes, writeQuery } from '../support/dns-message.ts';
import { askLocalNames, mdnsPort } from './local-names.ts';
import { boxAddress, boxPorts } from './machine.ts';
import { type Neighbour, neighbours } from './neighbour.ts';
import { allPorts, type PortScan, type ScanOptions, scanTcp, scanUdp } from './port-scan.ts';

const { office, office6, link6, far, far6 } = neighbours;
const panelPorts: readonly number[] = [80, 443];
const sorted = (ports: readonly number[]): number[] => ports.toSorted((a, b) => a - b);
const localPorts = sorted(boxPorts);
const mailPorts = localPorts.filter((port) => !panelPorts.includes(port));
/** Those that a scan of few looks at: what is meant, and what could be forgotten. */
const fewPorts = sorted([...boxPorts, 22, 23, 53, 111, 8080, 13666]);
/** From where a DHCP server answers, and where it answers to: the one opening of the firewall that looks at the source. */
const dhcp = { server: 67, client: 68 } as const;

/** A box that has just come up is still looking whether its names are free. */
const namesMs = 60_000;
/** Two services, each looked for three times (RFC 6762 §8.1), and once again when an address of IPv6 comes late. */
const mostProbes = 12;

/** All services that are told with multicast DNS (RFC 6763 §9). */
const anyService = { name: '_services._dns-sd._udp.local', type: 'PTR' } as const;

/** What a station on the box's Ethernet finds: names, and which ports answer whom. */
export async function assertSeenFromOutside(context: TestContext, neighbour: Neighbour): Promise<void> {
  let probes = 0;
  using _ = neighbour.listen((packet) => {
    if (packet.kind === 'udp' && packet.port === mdnsPort && !readResponse(packet.data)) probes += 1;
  });
  context.diagnostic(`the local network finds ${(await localNames(neighbour)).join(', ')}`);

  const say = async (what: string, scan: Promise<PortScan>): Promise<PortScan> => {
    const begin = performance.now();
    const found = await scan;
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    const { open, refused, silent } = found;
    context.diagnostic(
      `${what}: open ${open.join(' ') || 'none'}; ${refused.length} refused, ${silent.length} silent (${seconds} s)`,
    );
    return found;
  };
  const tcp = (options: ScanOptions) => say(`TCP from ${options.from}`, scanTcp(neighbour, options));
  const udp = (options: ScanOptions) =>
    say(`UDP from ${options.from}`, scanUdp(neighbour, { ...options, data: writeQuery([anyService]) }));

  // In the office all is meant to be found that is meant to be there, and everything else is refused at once.
  const [inOffice, datagrams] = await Promise.all([
    tcp({ from: office, to: boxAddress }),
    udp({ from: office, to: boxAddress, sourcePort: dhcp.server }),
  ]);
  assert.deepEqual(inOffice.open, localPorts);
  assert.deepEqual(inOffice.silent, []);
  assert.deepEqual(datagrams.open, [mdnsPort]);
  // Let in, and nobody is there: the client listens only while it asks.
  assert.deepEqual(
    datagrams.refused.filter((port) => port !== dhcp.client),
    [],
  );

  // From far away there is mail, and nothing else, not even a refusal.
  const [fromFar, farDatagrams] = await Promise.all([
    tcp({ from: far, to: boxAddress }),
    udp({ from: far, to: boxAddress, ports: [...fewPorts, dhcp.client, mdnsPort] }),
  ]);
  assert.deepEqual(fromFar.open, mailPorts);
  assert.deepEqual(fromFar.refused, []);
  assert.equal(farDatagrams.silent.length, fewPorts.length + 2);

  const onLink = await neighbour.findBox6(link6);
  const [inLink, linkDatagrams] = await Promise.all([
    tcp({ from: link6, to: onLink }),
    udp({ from: link6, to: onLink, ports: allPorts.slice(0, 1023) }),
  ]);
  assert.deepEqual(inLink.open, localPorts);
  assert.deepEqual(inLink.silent, []);
  assert.deepEqual(linkDatagrams.open, []);
  const box6 = await neighbour.findBox6(office6);
  const inOffice6 = await tcp({ from: office6, to: box6, ports: fewPorts });
  assert.deepEqual(inOffice6.open, localPorts);
  const fromFar6 = await tcp({ from: far6, to: box6, ports: fewPorts });
  assert.deepEqual(fromFar6.open, mailPorts);
  assert.deepEqual(fromFar6.refused, []);

  context.diagnostic(`the box asked ${probes} times whether its names are free`);
  assert.ok(probes <= mostProbes, 'it announces itself again and again');
}

/** @returns the names of the box in the local network, which all lead to its address, with the panel's ports */
async function localNames(neighbour: Neighbour): Promise<string[]> {
  const panels = await askLocalNames(neighbour, {
    from: office,
    questions: [anyService, { name: '_https._tcp.local', type: 'PTR' }, { name: '_http._tcp.local', type: 'PTR' }],
    withinMs: namesMs,
  });
  const services = [...new Set(panels.filter(({ type }) => type === recordTypes.PTR).map(({ value }) => value))];
  const names = services.filter((one) => one.startsWith('Caselli '));
  assert.equal(names.length, 2, `services: ${services.join(', ')}`);
  const places = await askLocalNames(neighbour, {
    from: office,
    questions: names.map((name) => ({ name, type: 'SRV' })),
    withinMs: namesMs,
  });
  const targets = names.map((name) => places.find((one) => one.type === recordTypes.SRV && one.name === name)?.value);
  const [first = '', second = ''] = targets.toSorted();
  assert.match(first, /^443 caselli-[0-9a-f]{4}\.local$/);
  assert.equal(second, '80 caselli.local');
  const [own, plain] = [first, second].map((one) => one.split(' ')[1]!) as [string, string];
  const addresses = await askLocalNames(neighbour, {
    from: office,
    questions: [own, plain].map((name) => ({ name, type: 'A' })),
    withinMs: namesMs,
  });
  for (const name of [own, plain]) {
    const found = addresses.filter((one) => one.type === recordTypes.A && one.name === name).map(({ value }) => value);
    assert.deepEqual([...new Set(found)], [boxAddress], name);
  }
  return [first, second].map((one) => one.split(' ').toReversed().join(':'));
}
