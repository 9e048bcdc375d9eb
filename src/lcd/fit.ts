/** Fitting words into the few characters of a display. Text is plain signs: `displayText` has made it so. */

/** Typographic signs that Latin-1 lacks, by those that say the same. */
const plainSigns = new Map([
  ['–', '-'],
  ['—', '-'],
  ['−', '-'],
  ['‘', "'"],
  ['’', "'"],
  ['“', '"'],
  ['”', '"'],
  ['„', '"'],
  ['…', '.'],
  ['•', '*'],
  ['€', 'E'],
  ['Œ', 'O'],
  ['œ', 'o'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['ı', 'i'],
]);

/** LCDproc takes ISO 8859-1: other letters lose their accents, what has no likeness becomes `?`. One sign stays one. */
export function displayText(text: string): string {
  return Array.from(text.normalize('NFC'), (sign) => {
    const code = sign.codePointAt(0)!;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return ' ';
    if (code <= 0xff) return sign;
    const base = plainSigns.get(sign) ?? sign.normalize('NFD')[0]!;
    return base.codePointAt(0)! < 0x7f ? base : '?';
  }).join('');
}

/** Ends with a full stop where it was cut: `Recepti.` */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  return width <= 0 ? '' : `${text.slice(0, width - 1)}.`;
}

/** One at each end of the row; the left one is cut when both do not fit. */
export function ends(left: string, right: string, width: number): string {
  if (right.length >= width) return cut(right, width);
  const room = width - right.length - (right === '' ? 0 : 1);
  return cut(left, room).padEnd(width - right.length) + right;
}

/** Rows of whole words; only a word that is longer than a row is broken. */
export function wrap(text: string, width: number): string[] {
  const rows: string[] = [];
  let row = '';
  for (let word of text.split(/\s+/).filter(Boolean)) {
    if (row !== '' && row.length + 1 + word.length <= width) {
      row += ` ${word}`;
      continue;
    }
    if (row !== '') rows.push(row);
    for (; word.length > width; word = word.slice(width)) rows.push(word.slice(0, width));
    row = word;
  }
  return row === '' ? rows : [...rows, row];
}

/** Steps that moving text rests at each end. */
const restSteps = 4;

/** Exactly `width` characters: padded, or a window that moves to the end of the text, rests, and begins again. */
export function marquee(text: string, width: number, step: number): string {
  const spare = text.length - width;
  if (spare <= 0) return text.padEnd(width);
  const at = step % (spare + 2 * restSteps);
  const first = Math.min(Math.max(at - restSteps, 0), spare);
  return text.slice(first, first + width);
}
