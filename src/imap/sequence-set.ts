import { bad } from './imap-error.ts';

/** `*`: the largest number in use. */
export const star = Number.POSITIVE_INFINITY;
const largestNumber = 2 ** 32 - 1;

/** Ranges as written, ends included; an end may be `star`. */
export type SequenceSet = readonly (readonly [number, number])[];

/** Reads `sequence-set` (RFC 9051 §9): `1:3,7,9:*`. @throws ImapError */
export function parseSequenceSet(text: string): SequenceSet {
  return text.split(',').map((range) => {
    const match = /^(\*|\d{1,10})(?::(\*|\d{1,10}))?$/.exec(range);
    if (!match) throw bad('That is no sequence set');
    const first = setNumber(match[1]!);
    return [first, match[2] === undefined ? first : setNumber(match[2])];
  });
}

function setNumber(text: string): number {
  if (text === '*') return star;
  const number = Number(text);
  if (number < 1 || number > largestNumber) throw bad('Numbers go from 1 to 4294967295');
  return number;
}

/** The ranges in order, without overlap, `*` replaced by `largest`. `3:*` with a largest of 2 is `2:3`, as the RFC says. */
export function resolveSet(set: SequenceSet, largest: number): (readonly [number, number])[] {
  const ranges = set
    .map(([a, b]): [number, number] => {
      const [x, y] = [a === star ? largest : a, b === star ? largest : b];
      return [Math.min(x, y), Math.max(x, y)];
    })
    .sort((one, other) => one[0] - other[0]);
  const merged: [number, number][] = [];
  for (const [low, high] of ranges) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

/** Writes numbers in the order given, runs of neighbours as ranges. */
export function formatSet(numbers: readonly number[]): string {
  const ranges: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end + 1] === numbers[end]! + 1) end++;
    ranges.push(end === at ? `${numbers[at]}` : `${numbers[at]}:${numbers[end]}`);
    at = end + 1;
  }
  return ranges.join(',');
}
