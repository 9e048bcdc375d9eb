import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { reverseBits } from './bits.ts';
import type { DecodedPage } from './decoded-lines.ts';
import { encodePage, type PageCoding, pageDecoder } from './page-coding.ts';
import { blankRaster, type Raster, rowBytes } from './raster.ts';
import { blackCodes, type RunCodes, whiteCodes } from './t4-codes.ts';
import { T4Decoder } from './t4-decode.ts';
import { encodeMh, type T4Options } from './t4-encode.ts';
import { anyRaster, drawnChart, fromRuns, pels } from './test-rasters.ts';

function decode(bytes: Uint8Array, widthPx: number, chunkBytes = bytes.length, maxLines = 5000): DecodedPage {
  const decoder = new T4Decoder({ widthPx, resolution: 'fine', maxLines });
  for (let at = 0; at < bytes.length; at += Math.max(chunkBytes, 1)) decoder.push(bytes.subarray(at, at + chunkBytes));
  return decoder.end();
}

function same(page: DecodedPage, raster: Raster): void {
  assert.equal(page.lines, raster.heightPx);
  assert.equal(page.badLines, 0);
  assert.ok(pels(page.raster).equals(pels(raster)), 'other pels');
}

/** The bits as text and back, to damage them by hand. */
function toBits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
}

function fromBits(bits: string): Uint8Array {
  return Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
}

const options: fc.Arbitrary<T4Options> = fc.record({
  minBitsPerLine: fc.constantFrom(0, 48, 144, 576),
  alignEol: fc.boolean(),
  rtc: fc.boolean(),
});

describe('T.4 code tables', () => {
  for (const [name, codes] of Object.entries<RunCodes>({ white: whiteCodes, black: blackCodes })) {
    it(`${name}: all runs, no code begins another, none holds an EOL`, () => {
      const all = [...codes.terminating, ...codes.makeUp];
      assert.deepEqual(
        all.map(({ run }) => run),
        [...Array.from({ length: 64 }, (_, run) => run), ...Array.from({ length: 40 }, (_, step) => 64 * (step + 1))],
      );
      for (const one of all) {
        assert.ok(!one.bits.startsWith('00000000'));
        for (const other of all) assert.ok(one === other || !other.bits.startsWith(one.bits));
      }
    });
  }
});

describe('T.4 one-dimensional coding', () => {
  it('gives back any raster, however coded and cut', () => {
    fc.assert(
      fc.property(anyRaster, options, fc.integer({ min: 1, max: 50 }), (raster, coding, chunkBytes) => {
        const page = decode(encodeMh(raster, coding), raster.widthPx, chunkBytes);
        same(page, raster);
        assert.equal(page.rtc, coding.rtc);
      }),
      { numRuns: 150 },
    );
  });

  it('codes a blank line of 1728 as EOL, 1728 white, 0 white', () => {
    const bits = toBits(encodeMh(blankRaster(1728, 1, 'fine')));
    assert.equal(bits.replace(/0+$/, ''), `000000000001${'010011011'}${'00110101'}`.replace(/0+$/, ''));
  });

  it('fills lines up to the time that the far side needs (T.4 §4.1.3)', () => {
    const bits = toBits(encodeMh(fromRuns(1728, [[], [5, 3], []]), { minBitsPerLine: 144, rtc: true }));
    const ends = [...bits.matchAll(/0{11,}1/g)].map((found) => found.index + found[0].length);
    assert.deepEqual(
      ends.slice(1, 4).map((end, index) => end - ends[index]!),
      [144, 144, 144],
    );
  });

  it('ends aligned EOLs on a byte', () => {
    const bits = toBits(encodeMh(drawnChart(1728, 40), { alignEol: true }));
    for (const found of bits.matchAll(/0{11,}1/g)) assert.equal((found.index + found[0].length) % 8, 0);
  });

  it('reads a page without its first EOL, and one with noise before it', () => {
    const raster = drawnChart(1728, 30);
    const bits = toBits(encodeMh(raster));
    same(decode(fromBits(bits.slice(12)), 1728), raster);
    same(decode(fromBits(`1101011101010111${bits}`), 1728), raster);
  });

  it('stops at RTC, whatever follows', () => {
    const raster = drawnChart(1728, 30);
    const page = decode(Buffer.concat([encodeMh(raster, { rtc: true }), encodeMh(drawnChart(1728, 9))]), 1728);
    same(page, raster);
    assert.equal(page.rtc, true);
  });

  it('replaces a damaged line by the one before and counts it', () => {
    const rows = Array.from({ length: 12 }, (_, y) => [y * 10, 100 + y, 50, 7]);
    const good = fromRuns(1728, rows);
    const lines = toBits(encodeMh(good)).split(/(?=0{11}1)/);
    const damaged = lines.map((line, y) =>
      y === 5 || y === 6 ? `${line.slice(0, 20)}1111111${line.slice(27)}` : line,
    );
    const page = decode(fromBits(damaged.join('')), 1728, 3);
    assert.deepEqual([page.lines, page.badLines, page.longestBadRun], [12, 2, 2]);
    const expected = fromRuns(
      1728,
      rows.map((row, y) => (y === 5 || y === 6 ? rows[4]! : row)),
    );
    assert.ok(pels(page.raster).equals(pels(expected)));
  });

  it('one wrong bit harms no more than three lines', () => {
    const raster = drawnChart(1728, 40);
    const bytes = encodeMh(raster, { rtc: true });
    const width = rowBytes(1728);
    fc.assert(
      fc.property(fc.integer({ min: 16, max: bytes.length * 8 - 100 }), (bit) => {
        const wrong = Uint8Array.from(bytes);
        wrong[bit >> 3]! ^= 0x80 >> (bit & 7);
        const { raster: read, lines } = decode(wrong, 1728);
        assert.ok(Math.abs(lines - 40) <= 1, `${lines} lines`);
        const shift = lines - 40;
        let other = 0;
        for (let y = 0; y < Math.min(lines, 40); y++) {
          const equals = (from: number): boolean =>
            from >= 0 &&
            from < lines &&
            Buffer.compare(
              raster.data.subarray(y * width, (y + 1) * width),
              read.data.subarray(from * width, (from + 1) * width),
            ) === 0;
          if (!equals(y) && !equals(y + shift)) other++;
        }
        assert.ok(other <= 3, `${other} lines differ`);
      }),
    );
  });

  it('takes garbage: bounded, no throw, the same in any chunks', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.constantFrom(1, 7, 1728, 2432),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 60 }),
        (bytes, widthPx, chunkBytes, maxLines) => {
          const whole = decode(bytes, widthPx, bytes.length, maxLines);
          const cut = decode(bytes, widthPx, chunkBytes, maxLines);
          assert.ok(whole.lines <= maxLines);
          assert.equal(whole.raster.data.length, whole.lines * rowBytes(widthPx));
          assert.deepEqual(cut, whole);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps no more than maxLines', () => {
    const page = decode(encodeMh(drawnChart(1728, 200), { rtc: true }), 1728, 100, 50);
    assert.deepEqual([page.lines, page.raster.heightPx, page.rtc], [50, 50, false]);
  });

  it('counts a line that broke off at the end', () => {
    const bytes = encodeMh(drawnChart(1728, 20));
    const page = decode(bytes.subarray(0, bytes.length - 20), 1728);
    assert.equal(page.badLines, 1);
    assert.equal(decode(new Uint8Array(0), 1728).lines, 0);
  });
});

describe('two-dimensional coding', () => {
  const twoDimensional = fc.constantFrom(
    { coding: 'MR', k: 2 } as const,
    { coding: 'MR', k: 4 } as const,
    { coding: 'MMR' } as const,
  );
  const decodeAs = (coding: PageCoding, bytes: Uint8Array, widthPx: number, chunkBytes: number, maxLines = 5000) => {
    const decoder = pageDecoder(coding, { widthPx, resolution: 'fine', maxLines });
    for (let at = 0; at < bytes.length; at += Math.max(chunkBytes, 1))
      decoder.push(bytes.subarray(at, at + chunkBytes));
    return decoder.end();
  };
  /** Lines that are like the ones above them, as on real pages, which exercises every mode. */
  const similarLines = fc
    .record({
      widthPx: fc.integer({ min: 1, max: 300 }),
      first: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }),
      moves: fc.array(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 30 }), { minLength: 1, maxLength: 12 }),
    })
    .map(({ widthPx, first, moves }) => {
      const rows = [first];
      for (const move of moves) rows.push(rows.at(-1)!.map((run, index) => Math.max(0, run + (move[index] ?? 0))));
      return fromRuns(widthPx, rows);
    });

  it('gives back any raster, however coded and cut', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyRaster, similarLines),
        twoDimensional,
        options,
        fc.integer({ min: 1, max: 50 }),
        (raster, { coding, ...k }, chosen, chunkBytes) => {
          const page = decodeAs(coding, encodePage(raster, coding, { ...k, ...chosen }), raster.widthPx, chunkBytes);
          same(page, raster);
          assert.equal(page.rtc, coding === 'MMR' || chosen.rtc);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('codes white lines like those above them with one bit, and ends with EOFB', () => {
    assert.equal(toBits(encodePage(blankRaster(1728, 3, 'fine'), 'MMR')), `111${'000000000001'.repeat(2)}00000`);
    const bits = toBits(encodePage(blankRaster(1728, 3, 'fine'), 'MR', { k: 2 }));
    const alone = `0000000000011${'010011011'}${'00110101'}`;
    assert.equal(bits.replace(/0+$/, ''), `${alone}${'0000000000010'}1${alone}`);
  });

  it('a damaged line of MR is replaced with those that are coded by it, up to the next that is coded alone', () => {
    const rows = Array.from({ length: 12 }, (_, y) => [y * 10, 100 + y, 50, 7]);
    const lines = toBits(encodePage(fromRuns(1728, rows), 'MR', { k: 4 })).split(/(?=0{11}1)/);
    const damaged = lines.map((line, y) => (y === 5 ? `${line.slice(0, 13)}0000001${line.slice(20)}` : line));
    const page = decodeAs('MR', fromBits(damaged.join('')), 1728, 3);
    assert.deepEqual([page.lines, page.badLines, page.longestBadRun], [12, 3, 3]);
    const expected = rows.map((row, y) => (y >= 5 && y < 8 ? rows[4]! : row));
    assert.ok(pels(page.raster).equals(pels(fromRuns(1728, expected))));
  });

  it('damage in MMR ends the page; the lines before it are kept', () => {
    const raster = drawnChart(1728, 60);
    const bytes = encodePage(raster, 'MMR');
    const broken = decodeAs('MMR', bytes.subarray(0, bytes.length >> 1), 1728, 100);
    assert.ok(broken.lines > 10 && broken.lines < 50);
    assert.deepEqual([broken.badLines, broken.rtc], [1, false]);
    const kept = (broken.lines - 1) * rowBytes(1728);
    assert.deepEqual(broken.raster.data.subarray(0, kept), raster.data.subarray(0, kept));
  });

  it('one wrong bit: bounded, and in MR the page goes on behind it', () => {
    const raster = drawnChart(1728, 40);
    const bytes = encodePage(raster, 'MR', { k: 2, rtc: true });
    fc.assert(
      fc.property(fc.integer({ min: 16, max: bytes.length * 8 - 120 }), (bit) => {
        const wrong = Uint8Array.from(bytes);
        wrong[bit >> 3]! ^= 0x80 >> (bit & 7);
        const { lines, raster: read } = decodeAs('MR', wrong, 1728, 64);
        assert.ok(Math.abs(lines - 40) <= 1, `${lines} lines`);
        const width = rowBytes(1728);
        const ends = [read, raster].map(({ data }) => Buffer.from(data.subarray(-width)).toString('hex'));
        if (bit < bytes.length * 4) assert.equal(ends[0], ends[1]);
      }),
    );
  });

  it('takes garbage: bounded, no throw, the same in any chunks', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        twoDimensional,
        fc.constantFrom(1, 7, 1728, 2432),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 60 }),
        (bytes, { coding }, widthPx, chunkBytes, maxLines) => {
          const whole = decodeAs(coding, bytes, widthPx, bytes.length, maxLines);
          const cut = decodeAs(coding, bytes, widthPx, chunkBytes, maxLines);
          assert.ok(whole.lines <= maxLines);
          assert.equal(whole.raster.data.length, whole.lines * rowBytes(widthPx));
          assert.deepEqual(cut, whole);
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('bit order', () => {
  it('turns bytes round', () => {
    assert.deepEqual(reverseBits(Uint8Array.of(0x00, 0x14, 0xd9, 0xa8)), Uint8Array.of(0x00, 0x28, 0x9b, 0x15));
  });
});
