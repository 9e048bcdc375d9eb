import type { WantedRecord } from './wanted.ts';

/** What the DNS has, as zone files write it; `unknown` when it could not be asked. */
export type Published = readonly string[] | 'unknown';

/** `right`: as it should be; `other`: something else stands there; `unknown`: nobody could be asked, or what should be is not known. */
export type RecordState = 'right' | 'missing' | 'other' | 'unknown';

export function judge(wanted: WantedRecord, published: Published): RecordState {
  if (published === 'unknown') return 'unknown';
  const found = wanted.type === 'TXT' ? published.filter(isSpf) : published;
  if (found.length === 0) return 'missing';
  if (wanted.value === '') return 'unknown';
  if (wanted.type === 'TXT') return spfIsRight(wanted.value, found) ? 'right' : 'other';
  return found.some((one) => isSame(wanted, one)) ? 'right' : 'other';
}

/** RFC 7208 §4.5; other texts of a domain are nobody's business here. */
export function isSpf(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text);
}

/** Preference, priority and weight are the office's own choice. */
function isSame({ type, value }: WantedRecord, found: string): boolean {
  const decisive = (text: string): string => {
    const words = text.toLowerCase().replace(/\.$/, '').split(' ');
    return words.slice(type === 'SRV' ? 2 : type === 'MX' ? 1 : 0).join(' ');
  };
  return decisive(value) === decisive(found);
}

/**
 * One record only (RFC 7208 §4.5), and it lets the box send, or the smarthost; how a provider names its hosts cannot be
 * guessed, so that any `include:` counts for one.
 */
function spfIsRight(wanted: string, found: readonly string[]): boolean {
  if (found.length !== 1) return false;
  const terms = new Set(found[0]!.toLowerCase().split(/ +/));
  const needed = wanted.toLowerCase().split(' ').slice(1, -1);
  const smarthost = needed.find((term) => term.startsWith('a:'));
  if (smarthost === undefined) return needed.every((term) => terms.has(term) || terms.has(`+${term}`));
  return terms.has(smarthost) || [...terms].some((term) => /^\+?include:/.test(term));
}
