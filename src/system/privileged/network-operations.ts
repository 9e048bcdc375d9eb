import { readFile, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { firewallRules } from '../network/firewall.ts';
import { hostsFile, ipCommands, networkFile, resolverFile } from '../network/plan.ts';
import { networkOf } from '../network/prefix.ts';
import type { Handlers } from './handlers.ts';
import { PrivilegedError } from './operations.ts';
import { runProgram } from './run-program.ts';

/** Generated files, reached by symbolic links from `/etc`. */
const etc = '/run/etc';
const networkConf = `${etc}/network`;
const dhcpPid = '/run/dhcp/udhcpc.pid';

/** Address, host name and firewall of the box. */
export const networkOperations: Handlers<'network.apply' | 'firewall.load'> = {
  'network.apply': async (wish) => {
    const card = wish.interface;
    if (!Object.hasOwn(networkInterfaces(), card) && !(await exists(`/sys/class/net/${card}`)))
      throw new PrivilegedError('refused', `There is no network card ${card}.`);
    const before = await readFile(networkConf, 'utf8').catch(() => '');
    const after = networkFile(wish);
    if (after !== before) {
      await writeFile(networkConf, after);
      const serving = await dhcpClient();
      // At the start it asks already, for what `rc.boot` knew; ending it would cost the box its first seconds.
      const asks =
        wish.fixed === null &&
        serving?.card === card &&
        (before === '' || (before.startsWith('mode=dhcp\n') && before.includes(`\nhostname=${wish.hostName}\n`)));
      if (serving && !asks) process.kill(serving.pid, 'SIGTERM');
    }
    for (const command of ipCommands(wish, addressesOf(card), before)) {
      // A route that is not there need not be removed.
      const optional = command.includes('del');
      await runProgram('ip', command).catch((error) => {
        if (!optional) throw error;
      });
    }
    // A file without name servers says that nothing can be asked; those of DHCP are written by its script.
    if (wish.fixed) await writeFile(`${etc}/resolv.conf`, resolverFile(wish.fixed.dns));
    await writeFile('/proc/sys/kernel/hostname', wish.hostName);
    await writeFile(`${etc}/hostname`, `${wish.hostName}\n`);
    await writeFile(`${etc}/hosts`, hostsFile(wish.hostName));
    return {};
  },

  'firewall.load': async (openings) => {
    const ownNetworks = Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.flatMap(({ cidr, internal }) => (cidr === null || internal ? [] : [networkOf(cidr)])),
    );
    await runProgram('nft', ['-f', '-'], firewallRules({ ...openings, ownNetworks }));
    return {};
  },
};

function addressesOf(card: string): string[] {
  return (networkInterfaces()[card] ?? []).flatMap(({ cidr, scopeid }) => (cidr === null || scopeid ? [] : [cidr]));
}

async function exists(path: string): Promise<boolean> {
  return readFile(`${path}/operstate`).then(
    () => true,
    () => false,
  );
}

/** The DHCP client that runs; its supervisor starts it again when it ends, or not, as the network file says. */
async function dhcpClient(): Promise<{ readonly pid: number; readonly card: string } | undefined> {
  const pid = Number(await readFile(dhcpPid, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  // The file is written by an unprivileged user: nothing else is ended, whatever stands in it.
  if (!words.some((word) => word.endsWith('udhcpc'))) return undefined;
  return { pid, card: words[words.indexOf('-i') + 1] ?? '' };
}
