import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ListenerName } from './listener.ts';
import { openDoor, RawClient } from './test-door.ts';

/**
 * Conversations as text: `test/transcripts/smtp/*.txt`.
 *
 *     # comment; before the first line `port: submission` and `settings: {…}` choose the listener and the configuration
 *     S: what the server must say; `…` stands for anything; one `S:` a line of a reply
 *     C: what the client says, with CRLF; `\n`, `\r`, `\0`, `\xHH` are octets, `\` at the end leaves the CRLF out
 *     TLS   the client begins TLS
 *     Q: what the queue must have taken by now: JSON of a part of the submission
 *     M: a line that the message taken last must hold, `…` as above; `M! …` one that it must not hold
 *     END   the server must have closed
 */
const folder = fileURLToPath(new URL('../../test/transcripts/smtp', import.meta.url));

for (const path of globSync(`${folder}/*.txt`).toSorted()) {
  test(`transcript ${basename(path, '.txt')}`, () => play(readFileSync(path, 'utf8')));
}

test('there are transcripts', () => {
  assert.ok(globSync(`${folder}/*.txt`).length >= 15);
});

async function play(text: string): Promise<void> {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const heads = lines.filter((line) => /^(port|settings): /.test(line));
  const head = (name: string): string | undefined =>
    heads.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const port = (head('port') ?? 'smtp') as ListenerName;
  const door = await openDoor(JSON.parse(head('settings') ?? '{}'));
  const client = port === 'submissions' ? RawClient.tls(door.ports[port], door.ca) : RawClient.plain(door.ports[port]);
  try {
    let waiting: string[] = [];
    for (const line of lines.slice(heads.length)) {
      const [, verb = '', rest = ''] = /^(S:|C:|Q:|M:|M!|TLS|END) ?(.*)$/.exec(line) ?? assert.fail(`odd line ${line}`);
      if (verb === 'S:') {
        if (waiting.length === 0) waiting = (await client.reply()).split('\n');
        match(waiting.shift()!, rest);
        continue;
      }
      assert.deepEqual(waiting, [], `not in the transcript, before: ${line}`);
      if (verb === 'C:') client.say(octets(rest));
      else if (verb === 'TLS') await client.startTls(door.ca);
      else if (verb === 'END') assert.equal(await client.reply(), '(closed)');
      else if (verb === 'Q:') assertPartly(door.entrance.taken.at(-1), JSON.parse(rest));
      else assertHolds(door.entrance.taken.at(-1)!.content.toString(), rest, verb === 'M:');
    }
    assert.deepEqual(waiting, []);
  } finally {
    client.destroy();
    await door.close();
  }
}

function pattern(wanted: string): RegExp {
  return new RegExp(`^${wanted.split('…').map(literally).join('.*')}$`);
}

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function match(said: string, wanted: string): void {
  if (!pattern(wanted).test(said)) assert.equal(said, wanted);
}

function octets(text: string): Buffer {
  const open = text.endsWith('\\');
  const plain = Buffer.from(open ? text.slice(0, -1) : `${text}\r\n`).toString('latin1');
  const escapes: Record<string, string> = { n: '\n', r: '\r', '0': '\0' };
  return Buffer.from(
    plain.replace(/\\(?:x([0-9a-f]{2})|([nr0]))/g, (_, hex, letter) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : escapes[letter]!,
    ),
    'latin1',
  );
}

function assertPartly(found: unknown, wanted: unknown): void {
  if (wanted === null || typeof wanted !== 'object') assert.deepEqual(found, wanted);
  else
    for (const [name, value] of Object.entries(wanted)) assertPartly((found as Record<string, unknown>)[name], value);
}

function assertHolds(message: string, wanted: string, held: boolean): void {
  const found = message.split('\r\n').some((line) => pattern(wanted).test(line));
  assert.equal(found, held, `${held ? 'no' : 'a'} line ${JSON.stringify(wanted)} in ${JSON.stringify(message)}`);
}
