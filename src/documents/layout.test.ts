import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DocumentError } from './document-error.ts';
import { type Block, layOut, type Sheet, wrap } from './layout.ts';

/** Every character is half as wide as high. */
const measure = (): number => 0.5;
const size = { widthPt: 300, heightPt: 400, marginPt: 50 };

function text(content: string): Block {
  return { kind: 'text', text: content, font: 'text', sizePt: 10 };
}

function lines(sheet: Sheet): string[] {
  return sheet.flatMap((mark) => (mark.kind === 'text' ? [mark.text] : []));
}

describe('wrapping', () => {
  const wrapped = (content: string, columns: number): string[] => [...wrap(content, columns / 2, 'text', measure)];

  it('breaks at white space, and long words anywhere', () => {
    assert.deepEqual(wrapped('the quick brown fox', 10), ['the quick', 'brown fox']);
    assert.deepEqual(wrapped('abcdefghijklm no', 5), ['abcde', 'fghij', 'klm', 'no']);
    assert.deepEqual(wrapped('a\tb\r\nc\rd\u2028e', 20), ['a       b', 'c', 'd', 'e']);
  });

  it('loses nothing but white space, and no line is too wide', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 2, max: 30 }),
        (content, columns) => {
          const result = wrapped(content, columns);
          const visible = (value: string): string => value.replaceAll(/\s|\p{C}|\p{Variation_Selector}/gu, '');
          assert.equal(visible(result.join('')), visible(content));
          for (const line of result) assert.ok([...line].length <= columns, line);
        },
      ),
    );
  });

  it('leaves out what has no glyph: control and invisible characters', () => {
    assert.deepEqual(wrapped('a\u0007\u200b\u202e\ufeff\u0000b\u00a0c', 20), ['ab c']);
  });
});

describe('layout', () => {
  it('goes on over as many sheets as the text needs, within the margins', () => {
    const content = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    const sheets = layOut([text(content.join('\n'))], size, measure, 10);
    assert.deepEqual(sheets.flatMap(lines), content);
    for (const mark of sheets.flat()) {
      assert.ok(mark.yPt > size.marginPt && mark.yPt <= size.heightPt - size.marginPt);
    }
  });

  it('white lines make no white sheets and push nothing off the paper', () => {
    const sheets = layOut([text(`above${'\n'.repeat(5000)}below`)], size, measure, 10);
    assert.deepEqual(sheets.map(lines), [['above'], ['below']]);
    assert.equal(sheets[1]![0]!.yPt < 70, true);
  });

  it('refuses more sheets than are wanted before it has made them', () => {
    assert.throws(() => layOut([text('x\n'.repeat(1_000_000))], size, measure, 10), DocumentError);
  });

  it('a long value goes on below itself, beside its label', () => {
    const row: Block = { kind: 'row', label: 'Subject:', value: 'one two three four five six seven', sizePt: 10 };
    const [sheet] = layOut([row], size, measure, 1);
    assert.deepEqual(lines(sheet!), ['Subject:', 'one two three four five', 'six seven']);
    const [label, first, second] = sheet as readonly { xPt: number; yPt: number }[];
    assert.deepEqual([label!.yPt, first!.xPt], [first!.yPt, second!.xPt]);
  });
});
