/**
 * The pseudo-domain of outgoing faxes: `number@fax`, with any of `-lowres`, `-ignore`, `-cover` after it, in any order,
 * repeated or not, in any case of letters (Courier's module.fax). Of our own are `-withcover` and `-nocover`, for one fax that
 * differs from the setting of the box; where both stand, there is a cover page.
 *
 * What differs from Courier, and why:
 * - Courier drops characters that it does not know and so dials another number than was written. Here they are refused
 *   with the character named; only what people write between digits (space . / ( ) -) is passed over.
 * - Courier reads `-` as a pause; `555-1234@fax` then dials `555`, waits, dials `1234`. Here `-` parts digits, and a
 *   pause is `,` (in quotes, as RFC 5321 wants it) or `p`, as on a mobile telephone.
 * - Courier reads every `+` as "wait for a quiet answer" (`@`). Here a leading `+` stays what it is on a visiting card,
 *   the international prefix, for the dial plan to replace; only a later one is Courier's `@`.
 */

/** What `@fax-lowres-ignore-cover` asks for (Courier's module.fax). */
export interface FaxOptions {
  /** 98 lines per inch in place of 196. */
  readonly lowResolution: boolean;
  /** Attachments that cannot be faxed are skipped and named on the cover page. */
  readonly ignoreUnknown: boolean;
  /** Only the cover page is sent. */
  readonly coverOnly: boolean;
  /** Whether a cover page goes first; undefined for what the settings say. */
  readonly cover?: boolean;
}

export type FaxAddress =
  /** `number`: of `0-9 A-D # * W , @`, perhaps `+` in front; what the dial plan starts from. */
  | { readonly kind: 'fax'; readonly number: string; readonly options: FaxOptions }
  /** The domain is a fax domain, the number is none. `reason` is a sentence for the sender. */
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'other' };

/** Longest number, as in Courier. */
export const maxNumberLength = 80;

/** Longest local part that is looked at: a number of the greatest length with a separator between all digits. */
const maxWrittenLength = 2 * maxNumberLength;

const faxDomain = /^fax((?:-(?:lowres|ignore|cover|withcover|nocover))*)$/i;

/** What a written character means in the number; absent ones are refused. */
const meaning: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'0123456789ABCDW#*,@'].map((char) => [char, char])),
  ...Object.fromEntries([...' ./()-'].map((char) => [char, ''])),
  P: ',',
  '+': '@',
};

/** @returns undefined when the domain is not `fax` with known options; `fax-other` is not. */
export function faxOptions(domain: string): FaxOptions | undefined {
  const options = faxDomain.exec(domain)?.[1]?.toLowerCase();
  if (options === undefined) return undefined;
  return {
    lowResolution: options.includes('-lowres'),
    ignoreUnknown: options.includes('-ignore'),
    coverOnly: options.includes('-cover'),
    ...(/-(?:with|no)cover/.test(options) && { cover: options.includes('-withcover') }),
  };
}

/** Reads an address; the local part may be quoted (RFC 5321 §4.1.2). Never throws. */
export function parseFaxAddress(address: string): FaxAddress {
  const at = address.lastIndexOf('@');
  const options = faxOptions(address.slice(at + 1));
  if (at < 0 || !options) return { kind: 'other' };
  const number = readFaxNumber(unquoted(address.slice(0, at)));
  return number.kind === 'invalid' ? number : { kind: 'fax', number: number.text, options };
}

/** Reads a number as people write it. Never throws. */
export function readFaxNumber(
  written: string,
): { readonly kind: 'number'; readonly text: string } | Extract<FaxAddress, { kind: 'invalid' }> {
  if (written.length > maxWrittenLength) return tooLong;
  let text = '';
  for (const char of written) {
    const meant = char === '+' && text === '' ? '+' : meaning[char.toUpperCase()];
    if (meant === undefined)
      return { kind: 'invalid', reason: `The fax number has ${named(char)}, which cannot be dialled.` };
    text += meant;
  }
  if (text.length > maxNumberLength) return tooLong;
  if (!/[0-9]/.test(text)) return { kind: 'invalid', reason: 'The fax number has no digit.' };
  return { kind: 'number', text };
}

const tooLong = { kind: 'invalid', reason: `The fax number is longer than ${maxNumberLength} characters.` } as const;

function named(char: string): string {
  const printable = /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(char);
  return printable
    ? `“${char}”`
    : `the character U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

function unquoted(localPart: string): string {
  const quoted = /^"(.*)"$/s.exec(localPart)?.[1];
  return quoted === undefined ? localPart : quoted.replaceAll(/\\(.)/gs, '$1');
}
