import { networkInterfaces } from 'node:os';
import { privateNetworks4, privateNetworks6 } from '../system/network/firewall.ts';
import { within } from '../system/network/prefix.ts';

const notPublic = [...privateNetworks4, ...privateNetworks6, '127.0.0.0/8', '::1/128'];

/**
 * Where the world sees the box: what the settings say, else addresses of its own that are good in the internet. Behind a router
 * that translates, only the settings can know.
 */
export function publicAddresses(
  settings: readonly string[],
  own: readonly string[] = ownAddresses(),
): readonly string[] {
  return settings.length > 0 ? settings : own.filter((address) => !within(address, notPublic));
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal }) => !internal).map(({ address }) => address);
}
