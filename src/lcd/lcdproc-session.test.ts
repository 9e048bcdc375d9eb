import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Size } from './frame.ts';
import { LcdSession, type Picture, parseServerLine } from './lcdproc-session.ts';

const greeting = 'connect LCDproc 0.5.9 protocol 0.3 lcd wid 20 hgt 2 cellwid 5 cellhgt 8';

function picture(lines: string[], change: Partial<Picture> & { part?: number } = {}): Picture {
  const bars = change.part === undefined ? [] : [{ row: 1, cells: 20, part: change.part }];
  return { frame: { lines, bars }, lights: change.lights ?? [] };
}

/** A session, and what it sent. */
function opened() {
  const sent: string[] = [];
  const sizes: Size[] = [];
  const keys: string[] = [];
  const refused: string[] = [];
  const session = new LcdSession({
    send: (text) => void sent.push(...text.split('\n').slice(0, -1)),
    ready: (size) => void sizes.push(size),
    key: (key) => void keys.push(key),
    refused: (command, reason) => void refused.push(`${command}: ${reason}`),
  });
  session.open();
  return {
    session,
    sizes,
    keys,
    refused,
    /** What was sent since it was asked the last time. */
    sent: () => sent.splice(0),
    /** Answers everything that was sent. */
    succeed: () => {
      while (session.waiting) session.received('success');
    },
  };
}

/** A session that is ready to draw. */
function ready() {
  const host = opened();
  host.session.received(greeting);
  host.succeed();
  host.sent();
  return host;
}

test('lines of LCDd', () => {
  assert.deepEqual(parseServerLine(greeting), { kind: 'connected', size: { width: 20, height: 2 }, cellWidth: 5 });
  assert.deepEqual(parseServerLine('connect LCDproc wid 99999 hgt 4'), {
    kind: 'refused',
    reason: 'the display has no size',
  });
  assert.deepEqual(parseServerLine('connect lcd wid 4000 hgt 300'), {
    kind: 'connected',
    size: { width: 40, height: 8 },
    cellWidth: 5,
  });
  assert.deepEqual(parseServerLine('success'), { kind: 'done' });
  assert.deepEqual(parseServerLine('huh? Unknown screen id'), { kind: 'refused', reason: 'Unknown screen id' });
  assert.deepEqual(parseServerLine('key Up'), { kind: 'key', key: 'Up' });
  for (const line of ['listen caselli', 'ignore caselli', 'menuevent select x', 'bye', '', 'successful'])
    assert.deepEqual(parseServerLine(line), { kind: 'notice' });
});

test('set-up: a screen, a text and a bar for each row, all keys', () => {
  const host = opened();
  assert.deepEqual(host.sent(), ['hello']);
  host.session.show(picture(['not', 'yet']));
  host.session.received(greeting);
  assert.deepEqual(host.sent(), [
    'client_set -name caselli',
    'screen_add caselli',
    'screen_set caselli -name caselli -priority foreground -heartbeat off -cursor off -backlight on',
    'widget_add caselli text1 string',
    'widget_add caselli text2 string',
    'widget_add caselli bar1 hbar',
    'widget_add caselli bar2 hbar',
    'client_add_key -exclusively Up',
    'client_add_key -exclusively Down',
    'client_add_key -exclusively Left',
    'client_add_key -exclusively Right',
    'client_add_key -exclusively Enter',
    'client_add_key -exclusively Escape',
  ]);
  assert.deepEqual(host.sizes, []);
  host.succeed();
  assert.deepEqual(host.sizes, [{ width: 20, height: 2 }]);
});

test('only what changed is sent, and only when all answers are there', () => {
  const host = ready();
  host.session.show(picture(['one', 'two'], { part: 0.5, lights: ['green', 'red'] }));
  assert.deepEqual(host.sent(), [
    'widget_set caselli text1 1 1 "one"',
    'widget_set caselli bar1 1 1 0',
    'widget_set caselli text2 1 2 "two"',
    'widget_set caselli bar2 1 2 50',
    // Green of the first light, red of the second.
    'output 33',
  ]);
  host.session.show(picture(['never', 'seen']));
  host.session.show(picture(['one', 'three'], { lights: ['green', 'red'] }));
  assert.deepEqual(host.sent(), []);
  // Keys and notices are no answers.
  for (const line of ['success', 'key Up', 'listen caselli', 'success', 'success', 'success'])
    host.session.received(line);
  assert.deepEqual(host.sent(), []);
  host.session.received('success');
  assert.deepEqual(host.sent(), ['widget_set caselli text2 1 2 "three"', 'widget_set caselli bar2 1 2 0']);
  assert.deepEqual(host.keys, ['Up']);
  host.succeed();
  host.session.show(picture(['one', 'three'], { lights: ['green', 'red'] }));
  assert.deepEqual(host.sent(), []);
});

test('quotes, backslashes and line ends stay text', () => {
  const host = ready();
  host.session.show(picture(['"\\\noutput 255', 'Grüße ☎']));
  const sent = host.sent();
  assert.equal(sent[0], 'widget_set caselli text1 1 1 "\\"\\\\ output 255"');
  assert.equal(sent[2], 'widget_set caselli text2 1 2 "Grüße ?"');
});

test('after a refusal the session goes on, and what stands there is drawn anew', () => {
  const host = ready();
  host.session.show(picture(['one', 'two']));
  host.sent();
  host.session.received('huh? Invalid widget');
  host.succeed();
  assert.deepEqual(host.refused, ['widget_set caselli text1 1 1 "one": Invalid widget']);
  host.session.show(picture(['one', 'two']));
  assert.equal(host.sent().length, 5);
});

test('keys that a display does not have are told by nobody, other ones are passed over', () => {
  const host = ready();
  for (const line of ['key Enter', 'key F1', 'key', 'key Escape']) host.session.received(line);
  assert.deepEqual(host.keys, ['Enter', 'Escape']);
});

test('any lines in any order break nothing, and no line that is sent holds another', () => {
  const line = fc.oneof(
    fc.constantFrom(greeting, 'success', 'huh? no', 'key Up', 'listen x', 'connect wid 0 hgt 0', 'bye'),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  const step = fc.oneof(line, fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 3 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const host = opened();
      for (const one of steps) {
        if (typeof one === 'string') host.session.received(one);
        else host.session.show(picture(one));
      }
      for (const sent of host.sent()) assert.match(sent, /^[a-z_]+(?: [\x20-\x7e\xa0-\xff]+)?$/);
    }),
  );
});
