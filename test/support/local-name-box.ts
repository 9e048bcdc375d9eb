import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { LocalName } from '../../src/system/mdns.ts';
import { type Answer, readResponse, recordTypes, writeQuery } from './dns-message.ts';

/**
 * A box that is told its IPv4 address after its name is told, in a network namespace of its own (`unshare -rn`), where a
 * neighbour listens. Prints what that one has heard, in JSON: `LocalNameHeard`.
 */
export interface LocalNameHeard {
  /** What the question for the own name, `caselli-1a2b.local`, has brought. */
  readonly address: string | undefined;
  /** How often the own name's service was looked for, before it was announced the third and last time. */
  readonly probes: number;
  readonly faults: readonly string[];
}

const group = '224.0.0.251';
const card = 'office';
const address = '192.0.2.7';
const name = 'caselli-1a2b.local';
const service = 'Caselli caselli-1a2b._https._tcp.local';
const announcements = 3;
const againMs = 250;
const deadline = performance.now() + 30_000;

function ip(words: string): void {
  const { status, stderr } = spawnSync('ip', words.split(' '), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words}: ${stderr}`);
}

/** Asks again and again, as long as it is worth it. */
async function until(ask: () => unknown): Promise<void> {
  while (!ask() && performance.now() < deadline) await pause(againMs);
}

ip('link set lo up');
ip(`link add ${card} type bridge`);
ip(`link set ${card} up`);
await until(() => networkInterfaces()[card]?.some(({ family }) => family === 'IPv6'));
const faults: string[] = [];
const box = new LocalName(
  () => ({ hostName: 'caselli-1a2b', http: 80, https: 443 }),
  (error) => faults.push(String(error)),
);
const neighbour = createSocket({ type: 'udp4', reuseAddr: true });
const heard = new Map<string, (Answer[] | Buffer)[]>();
neighbour.on('message', (data, sender) => {
  const said = heard.get(sender.address) ?? [];
  heard.set(sender.address, [...said, readResponse(data) ?? data]);
});
neighbour.bind(5353);
await once(neighbour, 'listening');
await box.start();
// Linux also gives it what is said on loopback: the box has begun there.
await until(() => heard.has('127.0.0.1'));

ip(`addr add ${address}/24 dev ${card}`);
neighbour.addMembership(group, address);
neighbour.setMulticastInterface(address);
await box.restart();

const said = (type: number, of: string): Answer[] =>
  (heard.get(address) ?? []).flatMap((one) =>
    Buffer.isBuffer(one) ? [] : one.filter((answer) => answer.type === type && answer.name === of),
  );
await until(() => said(recordTypes.SRV, service).length >= announcements);
const probes = (heard.get(address) ?? []).filter(
  (one) => Buffer.isBuffer(one) && one.includes('Caselli caselli-1a2b'),
).length;
heard.clear();
await until(() => {
  neighbour.send(writeQuery([{ name, type: 'A' }]), 5353, group);
  return said(recordTypes.A, name).length > 0;
});
const result: LocalNameHeard = { address: said(recordTypes.A, name)[0]?.value, probes, faults };
process.stdout.write(`${JSON.stringify(result)}\n`);
neighbour.close();
await box.stop();
