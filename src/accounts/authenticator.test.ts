import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EventBus } from '../lib/events.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { AttemptLimit } from './attempt-limit.ts';
import { PasswordAuthenticator } from './authenticator.ts';
import { Directory } from './directory.ts';

const cost = { ln: 4, r: 8, p: 1 };
const limit = { attempts: 3, window: 600_000 };
let folder: string;
let writer: SqliteWriter;
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-login-'));
  writer = new SqliteWriter();
});
after(async () => {
  await writer.close();
  await rm(folder, { recursive: true });
});

async function door() {
  const clock = new ManualClock();
  const events = new EventBus(clock);
  const told: string[] = [];
  events.on(({ name, fields }) => {
    if (name.startsWith('login.')) told.push(`${name} ${(fields as { reason?: string }).reason ?? ''}`.trim());
  });
  const directory = await Directory.open(writer, join(folder, `${count++}.db`), { events, cost });
  await directory.addDomain('office.test');
  await directory.addPerson({ address: 'alice', password: 'correct horse' });
  await directory.addPerson({ address: 'bob', password: 'battery staple' });
  const authenticator = new PasswordAuthenticator({ directory, clock, events, limit: () => limit, cost });
  const login = (name: string, password: string, remote = '192.0.2.1') =>
    authenticator.authenticate(name, password, { remote, protocol: 'imap', session: 's1' });
  return { clock, directory, login, told };
}

test('the right password is taken for the address, and for the bare name; what happened is told', async () => {
  const { directory, login, told } = await door();
  const accepted = { kind: 'accepted', account: directory.snapshot().account('alice@office.test')! } as const;
  assert.deepEqual(await login('Alice@OFFICE.test', 'correct horse'), accepted);
  assert.deepEqual(await login('alice', 'correct horse'), accepted);
  assert.deepEqual(await login('alice', 'wrong'), { kind: 'refused' });
  assert.deepEqual(await login('nobody', 'correct horse'), { kind: 'refused' });
  await directory.updatePerson('bob', { disabled: true });
  assert.deepEqual(await login('bob', 'battery staple'), { kind: 'refused' });
  assert.deepEqual(told, [
    'login.accepted',
    'login.accepted',
    'login.refused wrong password',
    'login.refused no such account',
    'login.refused the account is disabled',
  ]);
  await directory.close();
});

test('after too many failures an account waits, whatever the password, and the wait ends', async () => {
  const { clock, directory, login } = await door();
  for (const host of [1, 2, 3]) {
    await login('alice', 'wrong', `198.51.100.${host}`);
    await clock.advance(1000);
  }
  assert.deepEqual(await login('alice', 'correct horse'), { kind: 'throttled', retryAfterMs: limit.window - 3000 });
  assert.equal((await login('bob', 'battery staple')).kind, 'accepted');
  await clock.advance(limit.window - 3000);
  assert.equal((await login('alice', 'correct horse')).kind, 'accepted');
  await directory.close();
});

test('after too many failures a remote address waits, whatever the name; a /64 counts as one', async () => {
  const { directory, login } = await door();
  for (const name of ['a', 'b', 'c']) await login(name, 'guess', `2001:db8:1:2::${name}`);
  assert.equal((await login('alice', 'correct horse', '2001:db8:1:2:ffff::1')).kind, 'throttled');
  assert.equal((await login('alice', 'correct horse', '2001:db8:1:3::1')).kind, 'accepted');
  await directory.close();
});

test('who logged in lately is not locked out by somebody who guesses from elsewhere', async () => {
  const { clock, directory, login } = await door();
  await login('alice', 'correct horse', '192.0.2.7');
  for (let guess = 0; guess < 5; guess++) await login('alice', `guess ${guess}`, `198.51.100.${guess}`);
  assert.equal((await login('alice', 'correct horse', '192.0.2.7')).kind, 'accepted');
  assert.equal((await login('alice', 'correct horse', '198.51.100.1')).kind, 'throttled');
  await clock.advance(5 * 60_000);
  assert.equal((await login('alice', 'correct horse', '192.0.2.7')).kind, 'throttled', 'what is remembered fades');
  await directory.close();
});

test('a remembered login ends with the password, and with the account', async () => {
  const { directory, login } = await door();
  await login('alice', 'correct horse');
  await directory.setPassword('alice', 'horse battery');
  assert.equal((await login('alice', 'correct horse')).kind, 'refused');
  assert.equal((await login('alice', 'horse battery')).kind, 'accepted');
  await directory.updatePerson('alice', { disabled: true });
  assert.equal((await login('alice', 'horse battery')).kind, 'refused');
  await directory.close();
});

test('many wrong passwords at one time do not get past the limit by more than what runs together', async () => {
  const { directory, login } = await door();
  const results = await Promise.all(Array.from({ length: 50 }, (_, guess) => login('alice', `guess ${guess}`)));
  const looked = results.filter((result) => result.kind === 'refused').length;
  assert.ok(looked >= limit.attempts && looked <= limit.attempts + 1, `${looked} were looked at`);
  await directory.close();
});

test('many right passwords at one time are all taken; beyond the queue they are asked to wait', async () => {
  const { directory, login } = await door();
  const results = await Promise.all(Array.from({ length: 300 }, () => login('alice', 'correct horse')));
  const kinds = Map.groupBy(results, (result) => result.kind);
  assert.equal(kinds.get('refused'), undefined);
  assert.equal(kinds.get('accepted')?.length, 202);
  assert.deepEqual(kinds.get('throttled')?.[0], { kind: 'throttled', retryAfterMs: 1000 });
  await directory.close();
});

test('the table of failures has an end, and forgets the oldest', () => {
  const clock = new ManualClock();
  const table = new AttemptLimit(clock, 100);
  for (let key = 0; key < 1000; key++) for (let n = 0; n < 5; n++) table.fail(`k${key}`, limit);
  assert.equal(table.size, 100);
  assert.equal(table.waitMs('k0', limit), 0);
  assert.equal(table.waitMs('k999', limit), limit.window);
});
