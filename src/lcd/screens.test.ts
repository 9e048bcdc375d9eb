import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueView } from '../admin/admin-api.ts';
import { type PanelState, readPanelState } from './panel-state.ts';
import { aboutScreen, callsScreen, chosenScreens, lightsOf, screensOf, stoppingScreen } from './screens.ts';
import { testCall as call, drawn, type TestBox, testLine, testSources } from './test-sources.ts';

const now = Date.UTC(2026, 10, 22, 14, 5);

function stateOf(box: TestBox = {}): Promise<PanelState> {
  return readPanelState(testSources(box), now);
}

function waiting(count: number, change: Partial<QueueView> = {}): QueueView[] {
  const recipients = [
    {
      address: 'a@b.test',
      original: '',
      agent: 'esmtp',
      place: 'b.test',
      host: '',
      reply: '',
      state: 'waiting',
      attempts: 1,
      nextAttempt: '2026-11-22T15:20:00.000Z',
      status: '',
      text: '',
    },
  ];
  const fields = {
    acceptedAt: '',
    sizeBytes: 1,
    source: 'smtp',
    reversePath: '',
    account: '',
    notBefore: '',
    held: false,
  };
  return Array.from({ length: count }, (_, index) => ({ id: `${index}`, ...fields, recipients, ...change }));
}

test('a well box says so in one screen', async () => {
  const state = await stateOf({ lines: [testLine(), testLine({ id: 'line2' })], queue: waiting(1) });
  const [screen, ...others] = chosenScreens(state, 20);
  assert.deepEqual(drawn(screen), ['Caselli        14:05', 'All is well', '1 message waits', '2 lines free']);
  assert.deepEqual(others, []);
  assert.deepEqual(lightsOf(state), ['green', 'off', 'off', 'off']);
});

test('the first visit: address and one-time password, before the settings that nobody has made yet', async () => {
  const finding = { id: 'domains', level: 'wrong' as const, sentence: 'No domain is served.', advice: '' };
  const first = await stateOf({ oneTimePassword: 'KX7P-QM2R-9TDA', findings: [finding] });
  assert.deepEqual(chosenScreens(first, 20).map(drawn), [
    ['Open in a browser:', '192.168.1.50', 'One-time password:', 'KX7P-QM2R-9TDA'],
  ]);
  const unplugged = await stateOf({ oneTimePassword: 'KX7P-QM2R-9TDA', addresses: [] });
  assert.equal(drawn(chosenScreens(unplugged, 20)[0])[1], '(no network yet)');
  const later = await stateOf({ findings: [finding] });
  assert.deepEqual(chosenScreens(later, 20).map(drawn), [['Not well', 'No domain is served.', '', '']]);
});

test('alarms come before faults, faults before all else, in turns; many are counted', async () => {
  const faults = Array.from({ length: 7 }, (_, index) => `Fault ${index}.`);
  const state = await stateOf({ alarms: ['data: the disk can be read only'], faults, oneTimePassword: 'secret' });
  const screens = chosenScreens(state, 20).map(drawn);
  assert.equal(screens.length, 6);
  assert.deepEqual(screens[0], ['Not well      1 of 8', 'data: the disk can', 'be read only', '']);
  assert.deepEqual(screens[1]?.slice(0, 2), ['Not well      2 of 8', 'Fault 0.']);
  assert.equal(screens.at(-1)?.[0], 'Open in a browser:');
  assert.equal(lightsOf(state)[0], 'red');
  const twice = await stateOf({
    alarms: ['SMTP: no answer'],
    findings: [{ id: 'port.smtp.smtp', level: 'wrong', sentence: 'Port 25 does not answer.', advice: '' }],
  });
  assert.equal(chosenScreens(twice, 20).length, 1);
});

test('a line on a call is shown with number, page and bar', async () => {
  const sending = testLine({ state: 'sending', peer: '+49 30 1234567', page: 3, pages: 5 });
  const receiving = testLine({ id: 'line2', number: '', state: 'receiving', page: 2 });
  const state = await stateOf({ lines: [sending, receiving, testLine({ id: 'line3' })] });
  assert.deepEqual(chosenScreens(state, 20).map(drawn), [
    ['5550100      sending', 'to +49 30 1234567', 'Page 3 of 5', '=========='],
    ['line2      receiving', 'Number not known', 'Page 2', ''],
  ]);
  assert.equal(lightsOf(state)[1], 'green');
  assert.ok(screensOf(state, 20).some((screen) => drawn(screen)[3] === '2 of 3 lines busy'));
  const fault = testLine({ state: 'fault', fault: 'The modem does not answer.' });
  const broken = await stateOf({ lines: [fault] });
  assert.deepEqual(drawn(screensOf(broken, 20).find(({ id }) => id === 'line-line1')), [
    '5550100     not well',
    'The modem does not',
    'answer.',
    '',
  ]);
  assert.equal(lightsOf(broken)[1], 'red');
});

test('the queue: how many wait, how many are held, when the next is tried', async () => {
  const screen = async (queue: QueueView[], box: TestBox = {}) =>
    drawn(screensOf(await stateOf({ queue, ...box }), 20).find(({ id }) => id === 'queue'));
  assert.deepEqual(await screen([]), ['Queue', 'Nothing waits', '', '']);
  const some = [...waiting(2), ...waiting(1, { held: true })];
  assert.deepEqual(await screen(some), ['Queue', '3 messages wait', '1 on hold', 'Next try 15:20']);
  assert.equal((await screen(waiting(500)))[1], 'Over 200 wait');
  // A clock that is a guess tells no time.
  assert.deepEqual((await screen(some, { clockTrusted: false }))[3], '');
});

test('network, version and the last faxes', async () => {
  const state = await stateOf({
    calls: [call({}), call({ direction: 'in', number: '', station: '+1 555 0199', pages: 1 })],
  });
  const network = screensOf(state, 20).at(-1);
  assert.deepEqual(drawn(network), ['Network', '192.168.1.50', 'caselli-1a2b.local', 'box.office.test']);
  assert.deepEqual(drawn(aboutScreen(state)), ['Caselli', 'Version 1.4.0', 'qemu-x86_64', '']);
  assert.equal(drawn(aboutScreen(await stateOf({ development: true })))[3], 'Development image');
  assert.deepEqual(drawn(callsScreen(state, 20)), ['Last faxes', '> 5551234    2 pages', '< +1 555 0199 1 page', '']);
  assert.equal(drawn(callsScreen(await stateOf({ calls: [call({ result: 'busy' })] }), 20))[1], '> 5551234     failed');
  assert.equal(drawn(stoppingScreen(20))[0], 'Caselli is stopping');
});

test('counts: faxes among what waits, and the day', async () => {
  const [fax] = waiting(1);
  const [recipient] = fax!.recipients;
  const queue = [{ ...fax!, id: 'fax', recipients: [{ ...recipient!, agent: 'fax' }] }, ...waiting(1)];
  const today = { mailIn: 12, mailOut: 3, faxIn: 2, faxOut: 1, faxFailed: 1, mailFailed: 2 };
  const screens = screensOf(await stateOf({ queue, today }), 20);
  const rows = (id: string): string[] => drawn(screens.find((screen) => screen.id === id));
  assert.deepEqual(rows('queue').slice(0, 3), ['Queue', '2 messages wait', '1 of them a fax']);
  assert.deepEqual(rows('today'), ['Today', 'Mail     12 in 3 out', 'Faxes     2 in 1 out', 'Failed             3']);
});

test('a paused line says so, and so does the first screen', async () => {
  const lines = [testLine({ paused: 'sending' }), testLine({ id: 'line2' })];
  const some = screensOf(await stateOf({ lines }), 20);
  assert.equal(drawn(some[0])[3], '1 of 2 lines free');
  assert.deepEqual(drawn(some.find(({ id }) => id === 'line-line1')).slice(0, 2), [
    '5550100       paused',
    'Faxes wait',
  ]);
  const all = await stateOf({ lines: lines.map((line) => ({ ...line, paused: 'all' as const })) });
  assert.equal(drawn(chosenScreens(all, 20)[0])[3], 'Faxing is paused');
});
