import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LoginResult } from '../../src/accounts/authenticator.ts';
import { EventBus } from '../../src/lib/events.ts';
import type { LinePeer } from '../../src/lib/line-peer.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import { MemoryPeer } from './memory-peer.ts';
import { MemoryStore } from './memory-store.ts';
import { fillOffice } from './office-mail.ts';

/**
 * Conversations as text, played against a session in memory with alice's office mail (`office-mail.ts`):
 *
 *     # comment
 *     peer: {"loopback": false}   settings: {…}   heads, before the first line
 *     C: what the client says, with CRLF; `\n`, `\r`, `\0`, `\xHH` are octets, `\` at the end leaves the CRLF out,
 *        `{{a*100}}` is a hundred times a
 *     S: what the server must say, a line each; `…` stands for anything
 *     C2: S2:   the same on a second connection, begun when first named; and so on
 *     TIME 2s   time goes on
 *     STOP      the server is stopping
 *     END  END2 the session must be over
 */
export interface TranscriptBench {
  readonly store: MemoryStore;
  readonly clock: ManualClock;
  readonly events: EventBus;
  readonly authenticator: { authenticate(name: string, password: string): Promise<LoginResult> };
}

type Serve = (peer: LinePeer, bench: TranscriptBench, settings: Record<string, unknown>) => Promise<string>;

const alice = 'alice@office.test';

export function testTranscripts(protocol: string, least: number, serve: Serve): void {
  const folder = fileURLToPath(new URL(`../transcripts/${protocol}`, import.meta.url));
  const paths = globSync(`${folder}/*.txt`).toSorted();
  for (const path of paths) test(basename(path, '.txt'), () => play(readFileSync(path, 'utf8'), serve));
  test('there are transcripts', () => assert.ok(paths.length >= least));
}

export async function openBench(): Promise<TranscriptBench> {
  const store = new MemoryStore();
  await fillOffice(store, alice);
  const clock = new ManualClock();
  return { store, clock, events: new EventBus(clock), authenticator: { authenticate } };
}

async function authenticate(name: string, password: string): Promise<LoginResult> {
  if (name === 'often@office.test') return { kind: 'throttled', retryAfterMs: 60_000 };
  if (name !== alice || password !== 'secret') return { kind: 'refused' };
  return { kind: 'accepted', account: { address: alice, fullName: 'Alice', fax: true, disabled: false } };
}

interface Open {
  readonly peer: MemoryPeer;
  readonly over: Promise<string>;
  ended: boolean;
}

async function play(text: string, serve: Serve): Promise<void> {
  const bench = await openBench();
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const heads = lines.filter((line) => /^(peer|settings): /.test(line));
  const head = (name: string): Record<string, unknown> =>
    JSON.parse(heads.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '{}');
  const sessions = new Map<string, Open>();
  const session = (name: string): Open => {
    const known = sessions.get(name);
    if (known) return known;
    const peer = new MemoryPeer(head('peer'));
    const open: Open = { peer, over: serve(peer, bench, head('settings')), ended: false };
    open.over.then(
      () => {
        open.ended = true;
        return peer.flush();
      },
      () => {},
    );
    sessions.set(name, open);
    return open;
  };
  for (const line of lines.slice(heads.length)) {
    const [, verb, name = '', rest = ''] =
      /^(STOP|S|C|TIME|END)(\d*):? ?(.*)$/.exec(line) ?? assert.fail(`odd: ${line}`);
    const { peer, over } = session(name);
    if (verb === 'C') {
      assert.equal(peer.unread(), '', `not in the transcript, before: ${line}`);
      peer.say(octets(rest));
    } else if (verb === 'S') matchLine(await peer.line(), rest);
    else if (verb === 'TIME') await bench.clock.advance(Number(rest.replace('s', '')) * 1000);
    else if (verb === 'STOP') peer.interrupt('closing');
    else {
      await over;
      assert.equal(peer.unread(), '');
    }
  }
  for (const { peer, over } of sessions.values()) {
    peer.hangUp();
    await over;
    assert.equal(peer.unread(), '', 'more was said than the transcript has');
  }
  for (const mailbox of bench.store.mailboxes.values()) {
    assert.equal(mailbox.openings, 0, 'a mailbox was not given back');
    for (const { name } of await mailbox.folders()) assert.equal((await mailbox.folder(name))?.watchers ?? 0, 0);
  }
}

export function matchLine(said: string, wanted: string): void {
  const pattern = wanted
    .split('…')
    .map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');
  if (!new RegExp(`^${pattern}$`).test(said)) assert.equal(said, wanted);
}

export function octets(text: string): Buffer {
  const repeated = text.replaceAll(/\{\{(.)\*(\d+)\}\}/g, (_, one: string, count: string) => one.repeat(Number(count)));
  const open = repeated.endsWith('\\');
  const plain = Buffer.from(open ? repeated.slice(0, -1) : `${repeated}\r\n`).toString('latin1');
  const escapes: Record<string, string> = { n: '\n', r: '\r', '0': '\0' };
  return Buffer.from(
    plain.replace(/\\(?:x([0-9a-f]{2})|([nr0]))/g, (_, hex, letter) =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : escapes[letter]!,
    ),
    'latin1',
  );
}
