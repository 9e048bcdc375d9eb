import { BlockList, isIPv6 } from 'node:net';

/** Lists of address blocks as the configuration has them: `192.0.2.0/24`, `2001:db8::1`. */

const compiled = new WeakMap<readonly string[], BlockList>();

/** Whether the IP address lies in one of the blocks. */
export function inNetworks(address: string, networks: readonly string[]): boolean {
  if (networks.length === 0) return false;
  let list = compiled.get(networks);
  if (!list) {
    list = compile(networks);
    compiled.set(networks, list);
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

const loopback: readonly string[] = ['127.0.0.0/8', '::1'];

export function isLoopback(address: string): boolean {
  return inNetworks(address, loopback);
}

function compile(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
