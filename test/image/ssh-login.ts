import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { run } from '../../image/run.ts';
import { type Machine, sshPort } from './machine.ts';

const answerMs = 120_000;

/**
 * SSH is off; switched on it lets in who has the key, as the user of the program and nothing more, and nobody else; then
 * it is off again, and whoever is in is put out. Judged by OpenSSH's client.
 */
export async function judgeSsh(machine: Machine): Promise<void> {
  const key = await newKey(machine, 'key');
  const otherKey = await newKey(machine, 'other');
  const login = (identity: string, user: string, command: string) => ssh(machine, identity, user, command);
  await assert.rejects(login(key, 'caselli', 'true'), refused, 'SSH is off from the start');

  await assert.rejects(machine.shell('caselli system ssh on'), /public key/, 'nobody could log in');
  const keys = JSON.stringify([(await readFile(`${key}.pub`, 'utf8')).trim()]);
  await machine.shell(`caselli config set system.ssh.keys '${keys}'`);
  await machine.shell('caselli system ssh on');
  const facts = await machine.until('SSH lets the key in', answerMs, () =>
    login(key, 'caselli', 'id -u; grep -E "^(NoNewPrivs|CapEff)" /proc/self/status; caselli system status --json'),
  );
  const [user, capabilities, noNewPrivileges, ...status] = facts.split('\n');
  assert.equal(user, '900');
  assert.match(capabilities!, /^CapEff:\s0000000000000400$/, 'ports below 1024, nothing else');
  assert.match(noNewPrivileges!, /^NoNewPrivs:\s1$/);
  assert.ok(JSON.parse(status.join('\n')), 'the command asks the running box');
  for (const [identity, name] of [
    [otherKey, 'caselli'],
    [key, 'root'],
    [key, 'documents'],
  ] as const)
    await assert.rejects(login(identity, name, 'true'), /Permission denied/, `${name} with ${identity}`);

  await machine.shell('caselli system ssh off');
  await machine.until('SSH is off', answerMs, () =>
    login(key, 'caselli', 'true').then(
      () => false,
      (error) => refused.test(String(error)),
    ),
  );
}

/** A port that nobody serves, seen through QEMU: the connection ends before the server has said its name. */
const refused = /Connection (?:closed|reset|timed out)|kex_exchange_identification|Connection refused/;

async function newKey(machine: Machine, name: string): Promise<string> {
  const file = join(machine.folder, name);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  return file;
}

async function ssh(machine: Machine, identity: string, user: string, command: string): Promise<string> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ConnectTimeout=20'];
  const words = ['-F', 'none', '-i', identity, '-o', 'IdentitiesOnly=yes', ...options.flatMap((one) => ['-o', one])];
  const at = ['-p', String(machine.port(sshPort)), `${user}@127.0.0.1`];
  const { stdout } = await promisify(execFile)('ssh', [...words, ...at, command]);
  return stdout.trim();
}
