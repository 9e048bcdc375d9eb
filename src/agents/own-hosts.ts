import { networkInterfaces } from 'node:os';

/**
 * Whether mail sent to a host would come back to this box: its name is ours, or one of its addresses is, or loops back.
 * Interfaces are asked each time, since addresses change.
 */
export function ownHosts(names: () => readonly string[]): (name: string, addresses: readonly string[]) => boolean {
  return (name, addresses) => {
    if (names().some((own) => own.toLowerCase() === name.toLowerCase())) return true;
    const own = new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address)));
    return addresses.some((one) => own.has(one) || /^(127\.|0\.|::1?$)/.test(one));
  };
}
