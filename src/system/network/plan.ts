import { isIPv6 } from 'node:net';
import type { OperationParameters } from '../privileged/operations.ts';

export type NetworkWish = OperationParameters<'network.apply'>;

/** One call of the program `ip`. */
export type IpCommand = readonly string[];

/**
 * The file by which the DHCP client's supervisor (`udhcpc.run`) knows what to do: `mode=dhcp`, `interface=eth0`,
 * `hostname=caselli-1a2b`, one a line.
 */
export function networkFile({ interface: card, fixed, hostName }: NetworkWish): string {
  return `mode=${fixed ? 'fixed' : 'dhcp'}\ninterface=${card}\nhostname=${hostName}\n`;
}

/**
 * What brings the card from its addresses to the wished ones. Nothing is taken away that is wished, so that applying the
 * same again breaks no connection. Addresses from DHCP are the DHCP client's; those of IPv6 come from the router (kernel).
 * @param present addresses with prefix length that the card has, without link-local ones of IPv6
 * @param before the former `networkFile`, empty when there is none
 */
export function ipCommands(
  { interface: card, fixed, hostName }: NetworkWish,
  present: readonly string[],
  before: string,
): IpCommand[] {
  const up: IpCommand = ['link', 'set', card, 'up'];
  if (!fixed) {
    const same =
      before === '' || before === networkFile({ interface: card, fixed, hostName }) || before.startsWith('mode=dhcp\n');
    return same ? [up] : [up, ['-f', 'inet', 'addr', 'flush', 'dev', card]];
  }
  const family = isIPv6(fixed.address.split('/')[0]!) ? 'inet6' : 'inet';
  const commands: IpCommand[] = [up];
  for (const address of present) {
    const sameFamily = address.includes(':') === (family === 'inet6');
    if (family === 'inet' && sameFamily && address !== fixed.address)
      commands.push(['addr', 'del', address, 'dev', card]);
  }
  if (!present.includes(fixed.address)) commands.push(['addr', 'add', fixed.address, 'dev', card]);
  if (fixed.gateway !== null) {
    const routes = isIPv6(fixed.gateway) ? 'inet6' : 'inet';
    commands.push(['-f', routes, 'route', 'replace', 'default', 'via', fixed.gateway, 'dev', card]);
  } else if (before.startsWith('mode=dhcp\n')) {
    commands.push(['-f', family, 'route', 'del', 'default', 'dev', card]);
  }
  return commands;
}

/** `resolv.conf` of a fixed address; at most three name servers are asked (resolver(5)). */
export function resolverFile(servers: readonly string[]): string {
  return servers
    .slice(0, 3)
    .map((server) => `nameserver ${server}\n`)
    .join('');
}

export function hostsFile(hostName: string): string {
  return `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${hostName}\n`;
}
