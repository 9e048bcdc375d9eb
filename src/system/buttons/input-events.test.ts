import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type InputEvent, InputEventDecoder, recordBytes } from './input-events.ts';
import { record } from './test-records.ts';

const anyEvent: fc.Arbitrary<InputEvent> = fc.record(
  { type: fc.nat(0xffff), code: fc.nat(0xffff), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) },
  { noNullPrototype: true },
);

test('records of a PC: its power button, pressed and let go', () => {
  // Seconds and microseconds since 1970, then EV_KEY, KEY_POWER, 1; EV_SYN; EV_KEY, KEY_POWER, 0; EV_SYN.
  const time = '60a8156900000000d204000000000000';
  const octets = ['0100740001000000', '0000000000000000', '0100740000000000', '0000000000000000'];
  const events = new InputEventDecoder().push(Buffer.from(octets.map((end) => time + end).join(''), 'hex'));
  assert.deepEqual(events, [
    { type: 1, code: 116, value: 1 },
    { type: 0, code: 0, value: 0 },
    { type: 1, code: 116, value: 0 },
    { type: 0, code: 0, value: 0 },
  ]);
});

test('records in any pieces are the same records', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 20 }), fc.array(fc.integer({ min: 0, max: 60 })), (events, sizes) => {
      const octets = Buffer.concat(events.map(record));
      const decoder = new InputEventDecoder();
      const decoded: InputEvent[] = [];
      let at = 0;
      for (const size of sizes) {
        decoded.push(...decoder.push(octets.subarray(at, at + size)));
        at += size;
        assert.equal(
          decoded.length,
          Math.floor(Math.min(at, octets.length) / recordBytes),
          'as soon as they are whole',
        );
      }
      decoded.push(...decoder.push(octets.subarray(at)));
      assert.deepEqual(decoded, events);
    }),
  );
});
