import { constants } from 'node:fs';
import { chown, copyFile, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Handlers } from './handlers.ts';
import { PrivilegedError } from './operations.ts';
import { runProgram } from './run-program.ts';

/** Where dropbear's supervisor looks: it serves while `on` is there. Home folder of the user who logs in. */
const place = '/run/ssh';
const kept = '/data/identity/ssh_host_ed25519';
const caselli = 900;

/** One line of `authorized_keys` without options: what stands before the kind could run commands. */
const keyLine =
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+=*(?: [^\r\n]*)?$/;

/** SSH logs in as the user of the program, never as root, and by key only. */
export const sshOperations: Handlers<'ssh.switch'> = {
  'ssh.switch': async ({ on, keys }) => {
    const wrong = keys.find((key) => !keyLine.test(key.trim()));
    if (wrong !== undefined) throw new PrivilegedError('refused', `This is no public key: ${wrong.slice(0, 40)}…`);
    if (on && keys.length === 0)
      throw new PrivilegedError('refused', 'Nobody could log in: enter a public key first (system.ssh.keys).');
    await rm(`${place}/on`, { force: true });
    await endDropbear();
    await mkdir(`${place}/.ssh`, { recursive: true, mode: 0o700 });
    await writeFile(`${place}/.ssh/authorized_keys`, keys.map((key) => `${key.trim()}\n`).join(''), { mode: 0o600 });
    for (const path of [place, `${place}/.ssh`, `${place}/.ssh/authorized_keys`]) await chown(path, caselli, caselli);
    if (!on) return {};
    await hostKey();
    await writeFile(`${place}/on`, '');
    return {};
  },
};

/** The host's key is made at the first time and kept with the identity of the box. */
async function hostKey(): Promise<void> {
  const key = `${place}/host_key`;
  await rm(key, { force: true });
  // The folder belongs to the program: what stands there is taken as a key only, and no link is followed.
  const there = await lstat(kept).catch(() => undefined);
  if (there?.isFile()) await copyFile(kept, key, constants.COPYFILE_EXCL);
  else {
    await runProgram('dropbearkey', ['-t', 'ed25519', '-f', key]);
    await copyFile(key, kept, constants.COPYFILE_EXCL).catch(() => {});
    await chown(kept, caselli, caselli).catch(() => {});
  }
  await chown(key, caselli, caselli);
}

async function endDropbear(): Promise<void> {
  const pid = Number(await readFile(`${place}/dropbear.pid`, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const name = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (name.split('\0')[0]?.endsWith('dropbear')) process.kill(pid, 'SIGTERM');
}
