import { BlockList, isIPv4 } from 'node:net';

/** The network that an address with prefix length lies in: `192.168.1.5/24` → `192.168.1.0/24`. */
export function networkOf(cidr: string): string {
  const [address = '', bits = '0'] = cidr.split('/');
  const length = Number(bits);
  const masked = octetsOf(address).map(
    (octet, index) => octet & (0xff << Math.min(8, Math.max(0, 8 - (length - index * 8)))),
  );
  if (isIPv4(address)) return `${masked.map((octet) => octet & 0xff).join('.')}/${length}`;
  const groups = Array.from({ length: 8 }, (_, n) =>
    (((masked[2 * n]! & 0xff) << 8) | (masked[2 * n + 1]! & 0xff)).toString(16),
  );
  return `${groups.join(':')}/${length}`;
}

/** The four or sixteen octets of an address. */
export function octetsOf(address: string): number[] {
  return isIPv4(address) ? address.split('.').map(Number) : octets6(address);
}

/** Sixteen octets of an IPv6 address (RFC 4291 §2.2). */
function octets6(address: string): number[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (!group.includes('.')) return [Number.parseInt(group, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
          return [(a << 8) | b, (c << 8) | d];
        });
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = tail === undefined ? before : [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
  return all.flatMap((group) => [group >> 8, group & 0xff]);
}

/** Whether an address lies in a network of the list; `::ffff:192.168.1.5` is taken as the IPv4 address that it is. */
export function within(address: string, networks: readonly string[]): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  const list = new BlockList();
  for (const network of networks) {
    const [base = '', bits = '0'] = network.split('/');
    list.addSubnet(base, Number(bits), isIPv4(base) ? 'ipv4' : 'ipv6');
  }
  return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}
