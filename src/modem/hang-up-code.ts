import type { CallResult } from '../fax/call.ts';

interface Meaning {
  readonly result: CallResult;
  /** For people. */
  readonly text: string;
}

const lost: Meaning = { result: 'dropped', text: 'The connection was lost during the call.' };
const unclear: Meaning = { result: 'protocol', text: 'The far fax machine did not answer as a fax machine should.' };
const poor: Meaning = { result: 'poor-line', text: 'The telephone line was too poor for a fax.' };
const ours: Meaning = { result: 'local', text: 'The modem of this box had a problem with the page.' };
const noFax: Meaning = { result: 'no-fax', text: 'The call was answered, but not by a fax machine.' };
const noAnswer: Meaning = { result: 'no-answer', text: 'Nobody answered the call.' };

/**
 * Hang-up codes (+FHNG, T.32 table 27 for +FHS). Class 2 writes them decimal, class 2.0 hexadecimal; up to 58 the digits
 * mean the same, and above they concern reception only.
 */
const meanings: Record<string, Meaning> = {
  '1': noAnswer,
  '2': { result: 'aborted', text: 'The call was stopped.' },
  '3': { result: 'no-dial-tone', text: 'The fax line is dead: the modem finds no current on it.' },
  '4': noAnswer,
  '5': noFax,
  '10': noFax,
  '11': noFax,
  '20': unclear,
  '21': { result: 'incompatible', text: 'The far machine does not take faxes.' },
  '22': lost,
  '23': unclear,
  '24': lost,
  '25': poor,
  '26': unclear,
  '27': poor,
  '28': unclear,
  '40': lost,
  '41': ours,
  '42': ours,
  '43': { result: 'local', text: 'This box was too slow in handing the page to its modem.' },
  '44': ours,
  '45': ours,
  '46': ours,
  '47': ours,
  '54': { result: 'dropped', text: 'The far machine did not confirm the last page; it may have printed it.' },
  '55': { result: 'dropped', text: 'The far machine did not confirm the last page; it may have printed it.' },
  '58': { result: 'protocol', text: 'The far side asked to speak to somebody.' },
  '91': poor,
  '93': { result: 'local', text: 'This box was too slow in taking the page from its modem.' },
};

/** Codes that are not in the table say that something in the call went wrong: the line was lost. */
export function meaningOf(code: string): Meaning {
  return meanings[plainCode(code)] ?? lost;
}

/** The code of a call that ended as it should. */
export function isNormalEnd(code: string): boolean {
  return plainCode(code) === '0';
}

function plainCode(code: string): string {
  return code.replace(/^0+(?=.)/, '');
}
