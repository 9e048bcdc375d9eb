import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallView, QueueView } from '../admin/admin-api.ts';
import { frameOf, type Screen } from './frame.ts';
import { type KeyName, keyNames } from './lcdproc-session.ts';
import { nobodyThere, type Place, pressed, screenAt } from './navigation.ts';
import { type PanelState, readPanelState } from './panel-state.ts';
import { aboutScreen, callsScreen, chosenScreens, lightsOf, screensOf, stoppingScreen } from './screens.ts';
import { type TestBox, testLine, testSources } from './test-sources.ts';

const now = Date.UTC(2026, 10, 22, 14, 5);
const size = { width: 20, height: 4 };

function stateOf(box: TestBox = {}): Promise<PanelState> {
  return readPanelState(testSources(box), now);
}

/** The rows of a screen as the display first shows them, bars as equals signs. */
function drawn(screen: Screen | undefined): string[] {
  assert.ok(screen);
  const { lines, bars } = frameOf(screen, size, 0);
  return lines.map((line, row) => {
    const bar = bars.find((one) => one.row === row);
    const filled = bar ? '='.repeat(Math.round(bar.cells * bar.part)) : '';
    return `${filled}${line.slice(filled.length)}`.trimEnd();
  });
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

function call(change: Partial<CallView>): CallView {
  const fields = { at: '2026-11-22T14:00:00.000Z', line: 'line1', direction: 'out', station: '', text: '' };
  return { id: 'c', ...fields, number: '5551234', pages: 2, result: 'done', durationSeconds: 9, ...change };
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
  assert.deepEqual(drawn(callsScreen(state, 20)), ['Last faxes', '> 5551234    2 pages', '< +1 555 0199 1 page', '']);
  assert.equal(drawn(callsScreen(await stateOf({ calls: [call({ result: 'busy' })] }), 20))[1], '> 5551234     failed');
  assert.equal(drawn(stoppingScreen(20))[0], 'Caselli is stopping');
});

test('keys walk the screens in a ring and through the menu, and back', async () => {
  const state = await stateOf({ lines: [testLine()] });
  let place: Place = nobodyThere;
  const press = (...keys: KeyName[]): string[] => {
    for (const key of keys) place = pressed(place, key, state, { ...size, turn: 0 });
    return drawn(screenAt(place, state, 20, 0));
  };
  assert.equal(press('Down')[0], 'Queue');
  assert.equal(press('Down')[0], '5550100         free');
  assert.equal(press('Down')[0], 'Network');
  assert.equal(press('Down')[1], 'All is well');
  assert.equal(press('Up')[0], 'Network');
  assert.deepEqual(press('Enter'), ['Menu', '>Network', ' Last faxes', ' About this box']);
  assert.deepEqual(press('Up'), ['Menu', ' Network', ' Last faxes', '>About this box']);
  assert.equal(press('Enter')[1], 'Version 1.4.0');
  assert.deepEqual(press('Left')[3], '>About this box');
  assert.equal(press('Escape')[1], 'All is well');
});

test('a long list is walked to its end and no further', async () => {
  const calls = Array.from({ length: 6 }, (_, index) => call({ number: `555000${index}` }));
  const state = await stateOf({ calls });
  let place: Place = { kind: 'menu', selected: 1 };
  const press = (...keys: KeyName[]): string[] => {
    for (const key of keys) place = pressed(place, key, state, { ...size, turn: 0 });
    return drawn(screenAt(place, state, 20, 0)).slice(1);
  };
  const rows = (...numbers: number[]) => numbers.map((number) => `> 555000${number}    2 pages`);
  assert.deepEqual(press('Enter'), rows(0, 1, 2));
  assert.deepEqual(press('Up'), rows(0, 1, 2));
  assert.deepEqual(press('Down'), rows(1, 2, 3));
  assert.deepEqual(press(...Array<KeyName>(9).fill('Down')), rows(3, 4, 5));
  assert.deepEqual(press('Up'), rows(2, 3, 4));
});

test('a screen that went away under a person gives way to the first one', async () => {
  const place: Place = { kind: 'walk', screen: 'line-gone' };
  assert.equal(screenAt(place, await stateOf(), 20, 0).id, 'overview');
});

test('any keys lead to a screen that fits, on any display', async () => {
  const state = await stateOf({ faults: ['One.', 'Two.'], oneTimePassword: 'secret', lines: [testLine()] });
  for (const one of [size, { width: 20, height: 2 }, { width: 16, height: 1 }]) {
    let place: Place = nobodyThere;
    // A fixed walk through all pairs and more: each number of keys from each key.
    for (let step = 0; step < 500; step++) {
      place = pressed(place, keyNames[(step * step + 3 * step) % keyNames.length]!, state, { ...one, turn: step });
      const { lines } = frameOf(screenAt(place, state, one.width, step), one, step);
      assert.deepEqual(
        lines.map(({ length }) => length),
        Array(one.height).fill(one.width),
      );
    }
  }
});
