import { isIPv4, isIPv6 } from 'node:net';
import { octetsOf, within } from './prefix.ts';

/** A fixed address that somebody wishes; `gateway` is empty for none. */
export interface FixedWish {
  /** With the length of the network: `192.168.1.5/24`. */
  readonly address: string;
  readonly gateway: string;
  readonly dns: readonly string[];
}

/** Addresses that no machine of an office may have: this network, loopback, multicast, reserved (RFC 6890). */
const unusable = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/128', '::1/128', 'ff00::/8'];

/**
 * Why a box with this address could not be reached, so that it is said before the address is tried.
 * @returns a sentence, or nothing when all is well
 */
export function addressProblem({ address: cidr, gateway, dns }: FixedWish): string | undefined {
  const [address = '', bits] = cidr.split('/');
  if (!isIPv4(address) && !isIPv6(address)) return `${address} is no IP address`;
  if (bits === undefined) return 'a fixed address needs the length of its network: 192.168.1.5/24';
  const size = isIPv4(address) ? 32 : 128;
  const length = Number(bits);
  if (!/^\d+$/.test(bits) || length < 1 || length > size) return `/${bits} is no length of a network: 1 to ${size}`;
  if (within(address, unusable)) return `${address} cannot be the address of a machine`;
  if (isIPv4(address) && length < 31) {
    const host = hostPart(address, length);
    if (host === 0) return `${address} is the network itself, not a machine in it`;
    if (host === 2 ** (32 - length) - 1) return `${address} is the broadcast address of its network`;
  }
  if (gateway !== '') {
    if (!isIPv4(gateway) && !isIPv6(gateway)) return `the router ${gateway} is no IP address`;
    if (gateway === address) return 'the router cannot have the address of the box';
    const sameFamily = isIPv4(gateway) === isIPv4(address);
    // A router of IPv6 is most often known by its link-local address.
    if (sameFamily && !within(gateway, [cidr, 'fe80::/10']))
      return `the router ${gateway} is not in the network of ${cidr}: the box would reach nobody outside`;
  }
  const wrong = dns.find((server) => !isIPv4(server) && !isIPv6(server));
  return wrong === undefined ? undefined : `the name server ${wrong} is no IP address`;
}

function hostPart(address: string, length: number): number {
  const whole = octetsOf(address).reduce((sum, octet) => sum * 256 + octet, 0);
  return whole % 2 ** (32 - length);
}
