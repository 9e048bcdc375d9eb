import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cut, displayText, ends, marquee, wrap } from './fit.ts';
import { frameOf } from './frame.ts';

const width = fc.integer({ min: 1, max: 40 });
const text = fc.string({ unit: 'grapheme', maxLength: 80 }).map(displayText);

test('signs that a display lacks are said with those that it has', () => {
  const examples: [string, string][] = [
    ['Grüße Ærø §5 ½', 'Grüße Ærø §5 ½'],
    ['Łódź – “ça va”…', 'Lódz - "ça va".'],
    ['A\u0308rger', 'Ärger'],
    ['日本\u0000\u0085x', '??  x'],
    ['€5 €', 'E5 E'],
  ];
  for (const [given, wanted] of examples) assert.equal(displayText(given), wanted);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (any) =>
      assert.match(displayText(any), /^[\x20-\x7e\xa0-\xff]*$/),
    ),
  );
});

test('a row is cut with a full stop, and keeps its right end', () => {
  assert.equal(cut('Reception', 9), 'Reception');
  assert.equal(cut('Reception', 8), 'Recepti.');
  assert.equal(cut('Reception', 0), '');
  assert.equal(ends('line1', 'sending', 20), 'line1        sending');
  assert.equal(ends('Second floor, left', 'sending', 20), 'Second floo. sending');
  assert.equal(ends('line1', 'a very long state of it', 10), 'a very lo.');
  assert.equal(ends('Queue', '', 8), 'Queue   ');
  fc.assert(fc.property(text, text, width, (left, right, w) => assert.equal(ends(left, right, w).length, w)));
});

test('words are kept whole where they can be, and none is lost', () => {
  assert.deepEqual(wrap('The disk can be read only.', 20), ['The disk can be read', 'only.']);
  assert.deepEqual(wrap('x Donaudampfschifffahrt', 10), ['x', 'Donaudampf', 'schifffahr', 't']);
  assert.deepEqual(wrap('   ', 10), []);
  fc.assert(
    fc.property(text, width, (sentence, w) => {
      const rows = wrap(sentence, w);
      for (const row of rows) assert.ok(row.length > 0 && row.length <= w);
      assert.equal(rows.join('').replaceAll(/\s/g, ''), sentence.replaceAll(/\s/g, ''));
    }),
  );
});

test('text that does not fit moves from its beginning to its end, and begins again', () => {
  assert.equal(marquee('abc', 5, 7), 'abc  ');
  const steps = Array.from({ length: 11 }, (_, step) => marquee('abcdef', 4, step));
  assert.deepEqual(steps, [...Array(5).fill('abcd'), 'bcde', ...Array(4).fill('cdef'), 'abcd']);
});

test('any screen fills any display exactly, at any step', () => {
  const line = fc.record(
    { text, bar: fc.double({ min: -1, max: 2, noNaN: true }) },
    { requiredKeys: ['text'], noNullPrototype: true },
  );
  const screen = fc.record(
    { id: fc.constant('any'), title: text, body: fc.array(line, { maxLength: 12 }), focus: fc.nat(20) },
    { requiredKeys: ['id', 'title', 'body'], noNullPrototype: true },
  );
  const size = fc.record({ width, height: fc.integer({ min: 1, max: 8 }) });
  fc.assert(
    fc.property(screen, size, fc.nat(10_000), (one, { width: w, height }, step) => {
      const { lines, bars } = frameOf(one, { width: w, height }, step);
      assert.equal(lines.length, height);
      for (const row of lines) assert.equal(row.length, w);
      for (const { row, cells, part } of bars) assert.ok(row < height && cells <= w && part >= 0 && part <= 1);
    }),
  );
});

test('a body that is longer than the display moves through it; a line in focus stays in view', () => {
  const body = ['one', 'two', 'three', 'four', 'five'].map((word) => ({ text: word }));
  const screen = { id: 'long', title: 'Title', body };
  const size = { width: 5, height: 4 };
  assert.deepEqual(frameOf(screen, size, 0).lines, ['Title', 'one  ', 'two  ', 'three']);
  assert.deepEqual(frameOf(screen, size, 8).lines, ['Title', 'three', 'four ', 'five ']);
  assert.deepEqual(frameOf(screen, size, 12).lines, ['Title', 'one  ', 'two  ', 'three']);
  for (const [focus, first] of [
    [0, 'one'],
    [2, 'one'],
    [3, 'two'],
    [4, 'three'],
  ] as const)
    assert.equal(frameOf({ ...screen, focus }, size, 99).lines[1]?.trim(), first);
  assert.deepEqual(frameOf(screen, { width: 5, height: 2 }, 16).lines, ['Title', 'five ']);
});

test('a bar leaves room for the words behind it', () => {
  const screen = { id: 'bar', title: 'Title', body: [{ text: '40%', bar: 0.4 }] };
  assert.deepEqual(frameOf(screen, { width: 10, height: 2 }, 0), {
    lines: ['Title     ', '       40%'],
    bars: [{ row: 1, cells: 6, part: 0.4 }],
  });
});
