import { constants } from 'node:fs';
import { chown, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Handlers } from './handlers.ts';
import { PrivilegedError } from './operations.ts';
import { runProgram } from './run-program.ts';

/**
 * Where the SSH server's supervisor looks: it serves while `on` is there. All of it belongs to root, so that no link of
 * anybody else stands in it; `run` belongs to the server. It is also the home folder of the user who logs in.
 */
const place = '/run/ssh';
/** Kept by the program, which copies the key from `place` at the first time. */
const kept = '/data/identity/ssh_host_ed25519';
const caselli = 900;
const longestKeyBytes = 16 * 1024;

/** One line of `authorized_keys` without options: what stands before the kind could run commands. */
const keyLine =
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+=*(?: [^\r\n]*)?$/;

/** SSH logs in as the user of the program, never as root, and by key only. */
export const sshOperations: Handlers<'ssh.switch'> = {
  'ssh.switch': async ({ on, keys }) => {
    const lines = keys.map((key) => key.trim());
    const wrong = lines.find((key) => !keyLine.test(key));
    if (wrong !== undefined) throw new PrivilegedError('refused', `This is no public key: ${wrong.slice(0, 40)}…`);
    if (on && lines.length === 0)
      throw new PrivilegedError('refused', 'Nobody could log in: enter a public key first (system.ssh.keys).');
    await rm(`${place}/on`, { force: true });
    await endServer();
    await mkdir(`${place}/.ssh`, { recursive: true });
    await mkdir(`${place}/run`, { recursive: true });
    await chown(`${place}/run`, caselli, caselli);
    await writeFile(`${place}/.ssh/authorized_keys`, lines.map((key) => `${key}\n`).join(''));
    if (!on) return {};
    await placeHostKey();
    await writeFile(`${place}/on`, '');
    return {};
  },
};

/** The host's key, readable for the server: the one that was kept, or a new one. */
async function placeHostKey(): Promise<void> {
  const made = `${place}/host_key.new`;
  await rm(made, { force: true });
  const known = await keptKey();
  if (known) await writeFile(made, known, { mode: 0o600, flag: 'wx' });
  else await runProgram('dropbearkey', ['-t', 'ed25519', '-f', made]);
  const handle = await open(made, 'r');
  await handle.chown(0, caselli);
  await handle.chmod(0o640);
  await handle.close();
  await rename(made, `${place}/host_key`);
}

/** The folder belongs to the program: only a plain file of its own counts, and nothing is written there. */
async function keptKey(): Promise<Buffer | undefined> {
  const handle = await open(kept, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (!handle) return undefined;
  try {
    const facts = await handle.stat();
    const isOwn = facts.isFile() && facts.uid === caselli && facts.size > 0 && facts.size <= longestKeyBytes;
    return isOwn ? await handle.readFile() : undefined;
  } finally {
    await handle.close();
  }
}

async function endServer(): Promise<void> {
  const pid = Number(await readFile(`${place}/run/dropbear.pid`, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const name = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (name.split('\0')[0]?.endsWith('dropbear')) process.kill(pid, 'SIGTERM');
}
