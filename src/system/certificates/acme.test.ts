import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Config } from '../../config/schema.ts';
import { readConfig } from '../../config/schema.ts';
import { type BoxEvent, EventBus } from '../../lib/events.ts';
import { ManualClock } from '../../lib/manual-clock.ts';
import { Tls } from '../tls.ts';
import { AcmeKeeper } from './acme-keeper.ts';
import type { AcmeOrder } from './acme-order.ts';
import { issueAlone, serverMs } from './own-authority.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

async function keeper(context: TestContext, change: Partial<Config['system']['certificate']['acme']> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-acme-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const events = new EventBus(clock);
  const told: BoxEvent[] = [];
  events.on((event) => told.push(event));
  const reading = readConfig({});
  assert.ok(reading.kind === 'valid');
  const settings = { ...reading.config.system.certificate.acme, enabled: true, termsAgreed: true, ...change };
  const box = { name: 'mail.example.com' };
  const tls = await Tls.open({ folder, names: () => [box.name], useAcme: () => settings.enabled, clock });
  context.after(() => tls.close());
  const orders: AcmeOrder[] = [];
  /** What the next orders end with. */
  const answers: Error[] = [];
  const make = () =>
    new AcmeKeeper({
      tls,
      folder,
      settings: () => settings,
      name: () => box.name,
      clock,
      events,
      order: async (order) => {
        orders.push(order);
        order.put('token', 'token.key');
        const refusal = answers.shift();
        if (refusal) throw refusal;
        return (await issueAlone(order.names, clock.now())).server;
      },
    });
  const acme = make();
  context.after(() => acme.stop());
  /** Lets time pass, from plan to plan, until so many orders were made and are done. */
  const ordered = async (count: number): Promise<void> => {
    while (orders.length < count || acme.status().state === 'working' || acme.status().nextAt === undefined) {
      const { state, nextAt } = acme.status();
      if (state !== 'working' && nextAt !== undefined) await clock.advance(Math.max(0, nextAt - clock.now()));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, told, settings, box, tls, orders, answers, acme, make, ordered };
}

test('nothing is asked while it is off, the terms are not agreed to, or the name is not of the internet', async (context) => {
  const { acme, settings, box, clock, orders } = await keeper(context, { enabled: false });
  await acme.start();
  assert.equal(acme.status().state, 'off');
  settings.enabled = true;
  box.name = 'caselli-1a2b.local';
  await acme.changed();
  assert.equal(acme.status().state, 'unsuited');
  box.name = 'mail.example.com';
  settings.termsAgreed = false;
  await acme.changed();
  await acme.tryNow();
  await clock.advance(2 * dayMs);
  assert.equal(orders.length, 0);
  const refused = readConfig({ system: { certificate: { acme: { enabled: true } } } });
  assert.ok(refused.kind === 'invalid');
  assert.equal(refused.problems[0]!.path, 'system.certificate.acme.termsAgreed');
});

test('a certificate is got, used, and renewed when two thirds of its time have passed', async (context) => {
  const { acme, tls, clock, orders, ordered, settings } = await keeper(context, { names: ['imap.example.com'] });
  await acme.start();
  await ordered(1);
  assert.deepEqual(orders[0]!.names, ['mail.example.com', 'imap.example.com']);
  assert.equal(tls.info().source, 'acme');
  assert.equal(acme.answer('token'), undefined, 'what was proved is not told any more');
  const first = tls.info();
  await clock.advance((serverMs * 2) / 3 - 3 * dayMs);
  assert.equal(orders.length, 1);
  await ordered(2);
  assert.notEqual(tls.info().fingerprint, first.fingerprint);
  assert.ok(clock.now() < first.validFrom + 0.68 * serverMs);
  assert.equal(orders[1]!.accountKey, orders[0]!.accountKey);
  settings.enabled = false;
  assert.equal((await tls.reload()).source, 'own');
});

test('failures: later and later, over restarts too; told once after two days; our own certificate serves', async (context) => {
  const { acme, tls, clock, orders, answers, told, ordered, make } = await keeper(context);
  answers.push(...Array.from({ length: 12 }, (_, n) => new Error(`refused ${n}`)));
  await acme.start();
  await ordered(4);
  const begun = clock.now();
  assert.equal(tls.info().source, 'own');
  const { state, problem, nextAt } = acme.status();
  assert.deepEqual([state, problem], ['failing', 'refused 3']);
  assert.ok(nextAt! >= begun + 5 * hourMs, `${nextAt! - begun} ms`);
  acme.stop();
  const again = make();
  context.after(() => again.stop());
  await again.start();
  assert.ok(again.status().nextAt! >= begun + 5 * hourMs, 'a restart is no reason to hurry');
  again.stop();
  await acme.start();
  await ordered(12);
  const failing = told.filter(({ name }) => name === 'certificate.failing');
  assert.equal(failing.length, 1);
  assert.equal(told.filter(({ name }) => name === 'certificate.failed').length, 12);
  await ordered(13);
  assert.deepEqual([tls.info().source, acme.status().problem], ['acme', '']);
  assert.equal(new Set(orders.map(({ accountKey }) => accountKey)).size, 1);
});
