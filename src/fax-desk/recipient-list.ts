import { readFaxNumber } from '../fax/fax-address.ts';
import type { Addressed } from './fax-letter.ts';

/** Fax numbers as people paste them: one a line, with a name before or after it. Pure. */

export interface ListedNumber extends Addressed {
  /** Counted from 1, with empty lines; 0 for what came from the address book. */
  readonly line: number;
}

/** Lines that are read. */
export const linesLimit = 5000;
const nameLimit = 100;

const numeric = /^\+?[\d\s()/.+*#-]*\d[\d\s()/.+*#-]*$/;

/** `5551234`, `ACME; 555 1234`, `5551234<tab>ACME`, `ACME <5551234>`. @throws RangeError when there are too many lines */
export function readNumbers(text: string): ListedNumber[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.length > linesLimit) throw new RangeError(`the list has more than ${linesLimit} lines`);
  return lines.flatMap((raw, index) => {
    const written = raw.trim();
    return written === '' ? [] : [{ line: index + 1, ...readLine(written) }];
  });
}

function readLine(written: string): Addressed {
  const [, before, inside] = /^(.*?)\s*<([^<>]+)>$/.exec(written) ?? [];
  if (before !== undefined && inside !== undefined) return { name: nameOf(before), number: inside.trim() };
  // As it stands it may be a number with a pause in it.
  if (readFaxNumber(written).kind === 'number') return { name: '', number: written };
  const separator = /[;\t]/.test(written) ? /[;\t]/ : /,/;
  const cells = written.split(separator).map((cell) => cell.replaceAll(/^[\s"]+|[\s"]+$/g, ''));
  const number = cells.find((cell) => numeric.test(cell));
  if (number === undefined) return { name: '', number: written };
  return { name: nameOf(cells.find((cell) => cell !== '' && cell !== number) ?? ''), number };
}

function nameOf(text: string): string {
  return text
    .replaceAll(/^[\s"]+|[\s"]+$/g, '')
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, nameLimit);
}
