import { readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** How the network is, read from the kernel; needs no rights. */
export interface NetworkFacts {
  /** The network cards, without loopback. */
  readonly cards: readonly { readonly name: string; readonly link: boolean; readonly mac: string }[];
  /** With prefix length, of one card; link-local ones of IPv6 left out. */
  addresses(card: string): readonly string[];
  readonly gateway: string;
  /** Whether the gateway has answered lately. */
  readonly gatewayAnswers: boolean;
  readonly dns: readonly string[];
}

export async function readNetworkFacts(root = '/'): Promise<NetworkFacts> {
  const text = (path: string): Promise<string> => readFile(`${root}${path}`, 'utf8').catch(() => '');
  const names = await readdir(`${root}sys/class/net`).catch(() => []);
  const cards = await Promise.all(
    names
      .filter((name) => name !== 'lo')
      .toSorted()
      .map(async (name) => ({
        name,
        link: (await text(`sys/class/net/${name}/carrier`)).trim() === '1',
        mac: (await text(`sys/class/net/${name}/address`)).trim(),
      })),
  );
  const gateway = defaultGateway(await text('proc/net/route'));
  const dns = [...(await text('etc/resolv.conf')).matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1]!);
  return {
    cards,
    addresses: cardAddresses,
    gateway,
    gatewayAnswers: gateway !== '' && isAnswering(await text('proc/net/arp'), gateway),
    dns,
  };
}

export function cardAddresses(card: string): readonly string[] {
  return (networkInterfaces()[card] ?? []).flatMap(({ cidr, scopeid }) => (cidr === null || scopeid ? [] : [cidr]));
}

/** `/proc/net/route`: address and gateway are hexadecimal in the order of the machine, which is little-endian. */
function defaultGateway(routes: string): string {
  for (const line of routes.split('\n').slice(1)) {
    const [, destination, gateway = '', flags = '0'] = line.split(/\s+/);
    const isGateway = (Number.parseInt(flags, 16) & 0x2) !== 0;
    if (destination === '00000000' && isGateway) return [...Buffer.from(gateway, 'hex').reverse()].join('.');
  }
  return '';
}

/** `/proc/net/arp`: flag 2 means that the address is known. */
function isAnswering(table: string, address: string): boolean {
  const line = table.split('\n').find((one) => one.split(/\s+/)[0] === address);
  return line !== undefined && (Number.parseInt(line.split(/\s+/)[2] ?? '0', 16) & 0x2) !== 0;
}
