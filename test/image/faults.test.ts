import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../image/run.ts';
import { SmtpClient } from '../e2e/crash-clients.ts';
import { alice } from '../e2e/crash-ledger.ts';
import type { Machine } from './machine.ts';
import { OfficeBox, readyMs } from './office-box.ts';

/** What goes wrong with a machine: a program that hangs, a disk that is full, data that cannot be read. Its power button works in all that. */

const envelope = { from: 'writer@far.example', to: [alice] };
const letter = Buffer.from(
  'From: <writer@far.example>\r\nTo: <alice@office.test>\r\nSubject: hello\r\n\r\nGood morning\r\n',
);
/** The hardware waits a minute; the rest is the start. */
const resetMs = readyMs + 120_000;

/** The data partition on the 2 GiB disk of these tests (genimage.cfg), less the end, where the partition table has its copy. */
const dataStartMiB = 562;
const dataMiB = 2047 - dataStartMiB;

/** The SMTP reply to a letter. */
async function reply(box: OfficeBox, content = letter): Promise<string> {
  const client = await SmtpClient.connect(box.listeners.smtp!);
  try {
    return await client.send(envelope as never, content);
  } catch (error) {
    return (error as { response?: string }).response ?? String(error);
  } finally {
    client.quit();
  }
}

async function page(machine: Machine, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${machine.port(80)}${path}`, { redirect: 'manual' });
  return { status: response.status, text: await response.text() };
}

async function starts(machine: Machine): Promise<number> {
  return [...(await machine.console()).matchAll(/Linux version|Starting system/g)].length;
}

/** Presses the power button of the case, as soon as it is listened to, and waits until the machine has switched itself off. */
async function pressPower(machine: Machine): Promise<void> {
  await machine.until('the buttons are read', readyMs, () => machine.shell('ps -o args | grep -x cat'));
  await machine.monitor('system_powerdown');
  await machine.off(readyMs);
}

/** The files of the data partition, and what its file system says of itself. The machine is off. */
async function dataOf(machine: Machine): Promise<{ state: string; texts: readonly string[] }> {
  const raw = join(machine.folder, 'disk.raw');
  await run('qemu-img', ['convert', '-O', 'raw', machine.disk, raw]);
  const partition = `${raw}?offset=${dataStartMiB * 1024 * 1024}`;
  const state = await run('dumpe2fs', ['-h', partition]);
  const folder = join(machine.folder, 'data');
  await mkdir(folder);
  await run('debugfs', ['-R', `rdump / ${folder}`, partition]);
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return { state, texts: await Promise.all(files.map((file) => readFile(file, 'latin1'))) };
}

test('a full disk defers mail with 452 and takes it again; a hanging program is reset by the watchdog; the power button ends it in order; broken data is said, not served', async (context) => {
  const box = await OfficeBox.start(context);
  const { machine } = box;
  await box.moveIn();
  assert.match(await reply(box), /^250 /);

  await machine.shell('fallocate -l $(( ($(df -k /data | awk "END { print \\$4 }") - 40000) * 1024 )) /data/filler');
  await machine.until('mail is deferred', 60_000, async () => /^452 4\.3\.1 /.test(await reply(box)));
  const full = await page(machine, '/');
  assert.ok(full.status < 400, `the panel answers ${full.status}`);
  assert.match(await box.caselli('doctor || true'), /No mail is taken/);
  await machine.shell('rm /data/filler; sync');
  await machine.until('mail is taken again', 60_000, async () => /^250 /.test(await reply(box)));

  const before = await starts(machine);
  await machine.shell("kill -STOP $(ps -o pid,args | awk '/[m]ain.js serve/ { print $1 }')");
  const frozen = performance.now();
  await machine.until('the watchdog resets the machine', resetMs, async () => (await starts(machine)) > before);
  context.diagnostic(`reset ${((performance.now() - frozen) / 1000).toFixed(0)} s after the program was frozen`);
  await machine.ready(readyMs);
  assert.match(await reply(box), /^250 /);

  assert.match(await machine.shell('ls -ln /dev/input/'), /^crw-r----- +1 0 +900 .* event\d+$/m);
  assert.match(await reply(box, Buffer.concat([letter, Buffer.from('The last one of today.\r\n')])), /^250 /);
  await pressPower(machine);
  const { state, texts } = await dataOf(machine);
  assert.match(state, /^Filesystem state: +clean$/m);
  assert.doesNotMatch(state, /needs_recovery/);
  const holding = (words: string): number => texts.filter((text) => text.includes(words)).length;
  assert.equal(holding('button.pressed button="Power Button" does=shut-down'), 1, 'the log that is kept');
  assert.equal(holding(' box.stopping reason=SIGTERM'), 1, 'the log that is kept');
  assert.ok(holding('The last one of today.') > 0, 'the letter is in its mailbox, or still in the queue');

  // Nothing of the file system is left: not even its repair can help.
  await run('qemu-io', ['-c', `write -z ${dataStartMiB}M ${dataMiB}M`, machine.disk]);
  await machine.switchOn();
  const rescue = await machine.until('the rescue page is served', readyMs, async () => {
    const answer = await page(machine, '/');
    return answer.status === 503 && answer;
  });
  assert.match(rescue.text, /<h1>/);
  assert.equal((await page(machine, '/ready')).status, 503);
  const socket = connect(machine.port(25), '127.0.0.1');
  socket.on('error', () => {});
  const heard: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk));
  await once(socket, 'close');
  assert.equal(Buffer.concat(heard).toString(), '', 'no SMTP server greets');
  await pressPower(machine);
});
