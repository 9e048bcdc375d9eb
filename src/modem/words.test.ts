import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseClass } from './dialect.ts';
import { stuff } from './framing.ts';
import { meaningOf } from './hang-up-code.ts';
import { type InputEvent, ModemInput } from './input.ts';
import { profileOf } from './profile.ts';
import { parseReply } from './reply.ts';
import { callParameters, formatVector, minBitsPerLine, parseRanges, parseVector, rateCode } from './vector.ts';

const zero = { vr: 0, br: 0, wd: 0, ln: 0, df: 0, ec: 0, bf: 0, st: 0 };

test('classes are read from every form of the answer', () => {
  for (const [answer, best] of [
    ['0,1,2', '2'],
    ['(0,1,2,2.0,8)', '2.0'],
    ['"0-2"', '2'],
    ['0, 1, 2.0, 2.1', '2.0'],
    ['0,1,1.0', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(chooseClass(answer, '2.0'), best, answer);
  }
  assert.equal(chooseClass('0,2,2.0', '2'), '2');
});

test('vectors: blanks keep, both number systems, widths and speeds', () => {
  assert.deepEqual(parseVector('1,5,,2', { ...zero, wd: 1, st: 5 }), { ...zero, vr: 1, br: 5, wd: 1, ln: 2, st: 5 });
  const v34 = parseVector('01,0D,00,02,03,01,00,00', zero);
  assert.deepEqual(callParameters(v34), {
    bitRate: 33_600,
    resolution: 'fine',
    widthPx: 1728,
    coding: 'MMR',
    ecm: true,
  });
  assert.equal(formatVector(v34), '1,D,0,2,3,1,0,0');
  assert.deepEqual(parseRanges('(0,1),(0-5),(00-02), 2 ,(0)'), [1, 5, 2, 2, 0]);
  assert.deepEqual([2400, 9600, 14_399, 14_400, 100].map(rateCode), [0, 3, 4, 5, 0]);
});

test('fill: speed times least scan time of the resolution (T.4 §4.1.3)', () => {
  const bits = (text: string): number => minBitsPerLine(parseVector(text, zero));
  assert.equal(bits('1,5,0,2,0,0,0,4'), 144);
  assert.equal(bits('0,5,0,2,0,0,0,4'), 288);
  assert.equal(bits('0,3,0,2,0,0,0,7'), 384);
  assert.equal(bits('1,5,0,2,0,1,0,7'), 0);
});

test('lines of both classes', () => {
  assert.deepEqual(parseReply('+FTSI:"       15550199"'), { kind: 'station', id: '15550199' });
  assert.deepEqual(parseReply('+FHS:5A'), { kind: 'hang-up', code: '5A' });
  assert.deepEqual(parseReply('NO DIAL TONE'), { kind: 'final', final: 'no-dial-tone' });
  assert.deepEqual(parseReply('RINGING'), { kind: 'info', text: 'RINGING' });
  for (const text of ['RING', 'RING 1', 'RING;123;456', 'RING/5550100', 'RING: 1 DN2 555']) {
    assert.equal(parseReply(text).kind, 'ring', text);
  }
  for (const text of [
    'NMBR = 5550199',
    'NMBR=5550199',
    'CALLER NUMBER: 5550199',
    'DDN_NMBR= 5550199',
    '+CLIP: "5550199",129',
  ]) {
    assert.deepEqual(parseReply(text), { kind: 'caller', field: 'number', value: '5550199' }, text);
  }
  assert.deepEqual(parseReply('NMBR = P'), { kind: 'caller', field: 'number', value: '' });
  assert.equal(parseReply('+constructor').kind, 'info');
});

test('hang-up codes of both number systems', () => {
  assert.equal(meaningOf('11').result, 'no-fax');
  assert.equal(meaningOf('04').result, 'no-answer');
  assert.equal(meaningOf('A2').result, 'dropped');
  assert.equal(meaningOf('').result, 'dropped');
});

test('profiles by identity', () => {
  assert.equal(profileOf('U.S. Robotics 56K FAX EXT').name, 'USRobotics');
  assert.equal(profileOf('RC288DPi Rev 05BA').preferredClass, '2');
  assert.equal(profileOf('whatever').name, 'plain');
});

function read(chunks: readonly Uint8Array[]): { lines: string[]; page: number[]; ends: boolean[] } {
  const result = { lines: [] as string[], page: [] as number[], ends: [] as boolean[] };
  const input = new ModemInput((event: InputEvent) => {
    if (event.kind === 'line') result.lines.push(event.text);
    else if (event.kind === 'page-bytes') result.page.push(...event.bytes);
    else if (event.kind === 'page-end') result.ends.push(event.lost);
  });
  input.pageExpected = true;
  for (const chunk of chunks) input.push(chunk);
  return result;
}

test('property: a page comes through framing and any cuts as it was', () => {
  const page = fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.of(0, ...bytes));
  fc.assert(
    fc.property(page, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (bytes, sizes) => {
      const text = (words: string): Buffer => Buffer.from(words, 'latin1');
      const all = Buffer.concat([text('\r\nCONNECT\r\n'), stuff(bytes), text('\x10\x03\r\n+FET:2\r\n\r\nOK\r\n')]);
      const chunks: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < all.length; at += sizes[turn++ % sizes.length]!) {
        chunks.push(all.subarray(at, at + sizes[turn % sizes.length]!));
      }
      const got = read(chunks);
      assert.deepEqual(got.page, [...bytes]);
      assert.deepEqual(got.lines, ['CONNECT', '+FET:2', 'OK']);
      assert.deepEqual(got.ends, [false]);
    }),
  );
});

test('DLE SUB is two, unknown pairs and debug text are dropped, an empty page is a page', () => {
  const connect = Buffer.from('CONNECT\r\n');
  assert.deepEqual(
    read([connect, Uint8Array.of(0, 0x10, 0x1a, 0x10, 0x7f, 0x10, 1, 65, 66, 0x10, 4, 7, 0x10, 3)]).page,
    [0, 0x10, 0x10, 7],
  );
  assert.deepEqual(read([connect, Uint8Array.of(0x10, 3)]), { lines: ['CONNECT'], page: [], ends: [false] });
});

test('a line without end is cut, not kept', () => {
  const got = read([Buffer.alloc(1_000_000, 'a'), Buffer.from('\r')]);
  assert.equal(got.lines[0]!.length, 512);
});
