import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameOf } from './frame.ts';
import { type KeyName, keyNames } from './lcdproc-session.ts';
import { nobodyThere, type Place, pressed, said, screenAt } from './navigation.ts';
import { type PanelState, readPanelState } from './panel-state.ts';
import { testCall as call, drawn, type TestBox, testLine, testSources } from './test-sources.ts';

const now = Date.UTC(2026, 10, 22, 14, 5);
const size = { width: 20, height: 4 };

function stateOf(box: TestBox = {}): Promise<PanelState> {
  return readPanelState(testSources(box), now);
}

/** A person at the panel: keys in, rows out. */
class Person {
  place: Place = nobodyThere;
  readonly state: PanelState;

  constructor(state: PanelState) {
    this.state = state;
  }

  press(...keys: KeyName[]): string[] {
    for (const key of keys) this.place = pressed(this.place, key, this.state, { ...size, turn: 0 });
    return drawn(screenAt(this.place, this.state, size.width, 0));
  }

  /** Down to the entry of the menu with this name, and into it. */
  enter(name: string): string[] {
    this.place = nobodyThere;
    let rows = this.press('Enter');
    while (!rows.includes(`>${name}`)) rows = this.press('Down');
    return this.press('Enter');
  }
}

test('keys walk the screens in a ring and through the menu, and back', async () => {
  const state = await stateOf({ lines: [testLine()] });
  let place: Place = nobodyThere;
  const press = (...keys: KeyName[]): string[] => {
    for (const key of keys) place = pressed(place, key, state, { ...size, turn: 0 });
    return drawn(screenAt(place, state, 20, 0));
  };
  assert.equal(press('Down')[0], 'Queue');
  assert.equal(press('Down')[0], 'Today');
  assert.equal(press('Down')[0], '5550100         free');
  assert.equal(press('Down')[0], 'Network');
  assert.equal(press('Down')[1], 'All is well');
  assert.equal(press('Up')[0], 'Network');
  assert.deepEqual(press('Enter'), ['Menu', '>Network', ' Last faxes', ' Pause faxing']);
  assert.deepEqual(press('Up'), ['Menu', ' Restart', ' Shut down', '>Factory reset']);
  assert.deepEqual(press('Up', 'Up', 'Up'), ['Menu', ' Last faxes', ' Pause faxing', '>About this box']);
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
  const lines = [testLine(), testLine({ id: 'line2' })];
  const tested = Promise.resolve('');
  const state = await stateOf({ faults: ['One.', 'Two.'], oneTimePassword: 'secret', lines, tested });
  const seen = new Set<string>();
  for (const one of [size, { width: 20, height: 2 }, { width: 16, height: 1 }]) {
    let place: Place = nobodyThere;
    // The same walk in each run: numbers of a linear congruential generator, most of them Down and Enter.
    let number = 1;
    for (let step = 0; step < 3000; step++) {
      number = (number * 1103515245 + 12345) % 2 ** 31;
      const key = (['Down', 'Enter'] as const)[(number >> 16) % 3] ?? keyNames[(number >> 20) % keyNames.length]!;
      place = pressed(place, key, state, { ...one, turn: step });
      seen.add(place.kind);
      const { lines } = frameOf(screenAt(place, state, one.width, step), one, step);
      assert.deepEqual(
        lines.map(({ length }) => length),
        Array(one.height).fill(one.width),
      );
    }
  }
  assert.deepEqual([...seen].toSorted(), ['chosen', 'doing', 'entry', 'lines', 'menu', 'question', 'walk']);
});

test('what cannot be taken back is asked, a factory reset twice; only a chosen Yes does it', async () => {
  const person = new Person(await stateOf({ lines: [testLine({ state: 'sending', peer: '5551234' })] }));
  assert.deepEqual(person.enter('Restart'), ['Restart?', 'Breaks 1 call.', '>No', ' Yes, restart']);
  assert.equal(person.press('Enter')[0], 'Menu');
  person.enter('Restart');
  assert.deepEqual(person.press('Down'), ['Restart?', 'Breaks 1 call.', ' No', '>Yes, restart']);
  assert.equal(person.press('Right')[3], '>Yes, restart');
  assert.deepEqual(person.press('Enter'), ['Restart', 'Please wait.', '', '']);
  assert.deepEqual(person.place.kind === 'doing' && person.place.action, { kind: 'restart' });
  assert.equal(person.press('Enter')[0], 'Restart');
  assert.equal(person.press('Escape')[0], 'Menu');
  assert.deepEqual(person.enter('Factory reset'), ['Factory reset?', 'Erases everything.', '>No', ' Yes, erase']);
  assert.deepEqual(person.press('Up', 'Enter'), ['Really erase?', 'Mail, faxes, people.', '>No', ' Yes, erase all']);
  assert.equal(person.press('Enter')[0], 'Menu');
  person.enter('Factory reset');
  person.press('Up', 'Enter', 'Up', 'Enter');
  assert.deepEqual(person.place.kind === 'doing' && person.place.action, { kind: 'factory-reset' });
  assert.deepEqual(person.enter('Shut down')[1], 'Breaks 1 call.');
  assert.deepEqual(new Person(await stateOf()).enter('Shut down')[1], 'Nothing will come in');
});

test('the line that is tested is chosen where there are several; without a test there is no such entry', async () => {
  const tested = Promise.resolve('');
  const lines = [testLine(), testLine({ id: 'line2', number: '', paused: 'sending' })];
  const person = new Person(await stateOf({ lines, tested }));
  assert.deepEqual(person.enter('Line test'), ['Line test', '>5550100        free', ' line2        paused', '']);
  assert.equal(person.press('Down')[2], '>line2        paused');
  assert.deepEqual(person.press('Enter'), ['Line test', 'Asking the modem.', 'Please wait.', '']);
  assert.deepEqual(person.place.kind === 'doing' && person.place.action, { kind: 'test', line: 'line2' });
  const doing = person.place;
  assert.ok(doing.kind === 'doing');
  person.place = said(
    doing,
    'Line test',
    'The modem answers, and has a dial tone as it should be: ready.',
    size.height,
  );
  assert.deepEqual(person.press('Up'), ['Line test', 'The modem answers,', 'and has a dial tone', 'as it should be:']);
  assert.deepEqual(person.press('Down', 'Down')[3], 'ready.');
  assert.equal(person.press('Enter')[2], '>Line test');
  const one = new Person(await stateOf({ lines: [testLine()], tested }));
  assert.equal(one.enter('Line test')[1], 'Asking the modem.');
  const none = new Person(await stateOf({ tested }));
  assert.equal(none.enter('Line test')[1], 'No fax line');
  assert.equal(none.press('Enter')[0], 'Menu');
  assert.ok(!new Person(await stateOf({ lines })).press('Enter', 'Down').includes('>Line test'));
});

test('keys that may only look have a menu without what could be done', async () => {
  const person = new Person(await stateOf({ lines: [testLine()], tested: Promise.resolve(''), menu: 'look' }));
  assert.deepEqual(person.press('Enter'), ['Menu', '>Network', ' Last faxes', ' About this box']);
  assert.equal(person.press('Down', 'Down', 'Down')[1], '>Network');
});

test('pausing is asked, going on is not', async () => {
  const well = new Person(await stateOf({ lines: [testLine()] }));
  assert.deepEqual(well.enter('Pause faxing'), ['Pause faxing?', 'New faxes will wait.', '>No', ' Yes, pause']);
  const resting = new Person(await stateOf({ lines: [testLine({ paused: 'sending' })] }));
  resting.enter('Resume faxing');
  assert.deepEqual(resting.place.kind === 'doing' && resting.place.action, { kind: 'resume' });
});
