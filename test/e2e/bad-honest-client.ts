import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { queueId, sender, withInbox } from '../support/mail-program.ts';
import type { RunningBox } from './running-box.ts';

/** What an office does while others misbehave, with real clients: nodemailer, imapflow and curl. */

const run = promisify(execFile);

/** A message as POP3 gives it, octet for octet. */
export async function retrieved(box: RunningBox, user: string, number: number): Promise<Buffer> {
  const { address, port } = box.listeners.pop3s!;
  const words = ['-sSk', '--user', `${user}:${box.accounts[user]}`, `pop3s://${address}:${port}/${number}`];
  const { stdout } = await run('curl', words, { encoding: 'buffer', maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

/** Bob writes to himself and finds it over IMAP and over POP3. */
export async function assertServes(box: RunningBox, after: string): Promise<void> {
  const bob = 'bob@office.test';
  const sent = await sender(box, bob).sendMail({ from: bob, to: bob, subject: after, text: 'Is all well?' });
  const id = queueId(sent);
  await box.event('queue.delivered', ({ message }) => message === id);
  await withInbox(box, bob, async (client) => {
    const { envelope } = (await client.fetchOne('*', { envelope: true })) as { envelope: { subject: string } };
    assert.equal(envelope.subject, after);
    assert.match((await retrieved(box, bob, 1)).toString('latin1'), /Is all well\?/);
    await client.messageDelete('1:*');
  });
}

/** Memory of the program that is in use now, as the kernel counts it. */
export async function residentBytes(box: RunningBox): Promise<number> {
  const status = await readFile(`/proc/${box.pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

/** Does it, and asserts that the program has grown by no more than this. */
export async function assertGrowth(box: RunningBox, mostMiB: number, doing: () => Promise<void>): Promise<void> {
  const before = await residentBytes(box);
  await doing();
  const grownMiB = (await residentBytes(box)) - before;
  assert.ok(grownMiB / 2 ** 20 <= mostMiB, `grew by ${Math.round(grownMiB / 2 ** 20)} MiB`);
}
