import type { Notify } from '../mail/envelope.ts';
import type { PathArgument } from './path.ts';
import { SmtpError } from './smtp-error.ts';

/** The parameters of MAIL and RCPT that are understood, read strictly. Pure; every reader throws SmtpError. */

export interface MailParameters {
  /** SIZE (RFC 1870): what the client says the message has, in octets. */
  readonly sizeBytes?: number;
  readonly smtputf8: boolean;
  readonly ret?: 'full' | 'headers';
  readonly envelopeId?: string;
  /** HOLDFOR or HOLDUNTIL (RFC 4865 §4): not before this time, ms since the epoch. */
  readonly notBefore?: number;
}

/** FUTURERELEASE (RFC 4865 §4) where it is offered: the time now, and how far ahead mail may be handed in, ms. */
export interface FutureRelease {
  readonly now: number;
  readonly mostMs: number;
}

export interface RcptParameters {
  readonly notify?: Notify;
  readonly originalRecipient?: string;
}

/** RFC 3461 §4.4 and §4.2: lengths of ENVID and ORCPT as sent. */
const longest = { ENVID: 100, ORCPT: 500 } as const;

export function mailParameters(argument: PathArgument, future?: FutureRelease): MailParameters {
  const known = ['SIZE', 'BODY', 'SMTPUTF8', 'RET', 'ENVID', 'AUTH'];
  const given = collect(argument, future ? [...known, 'HOLDFOR', 'HOLDUNTIL'] : known);
  const body = given.get('BODY')?.toUpperCase();
  if (body !== undefined && body !== '7BIT' && body !== '8BITMIME') throw bad('BODY is 7BIT or 8BITMIME');
  if (given.get('SMTPUTF8')) throw bad('SMTPUTF8 has no value');
  const auth = given.get('AUTH');
  if (auth !== undefined && auth !== '<>') decodeXtext('AUTH', auth);
  return {
    smtputf8: given.has('SMTPUTF8'),
    ...present('sizeBytes', readSize(given.get('SIZE'))),
    ...present('ret', readRet(given.get('RET'))),
    ...present('envelopeId', readXtext('ENVID', given.get('ENVID'))),
    ...present('notBefore', future && readHold(given, future)),
  };
}

export function rcptParameters(argument: PathArgument): RcptParameters {
  const given = collect(argument, ['NOTIFY', 'ORCPT']);
  return {
    ...present('notify', readNotify(given.get('NOTIFY'))),
    ...present('originalRecipient', readOrcpt(given.get('ORCPT'))),
  };
}

function collect({ parameters }: PathArgument, known: readonly string[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const { keyword, value } of parameters) {
    if (!known.includes(keyword)) throw new SmtpError(555, '5.5.4', `parameter ${keyword} is not known here`);
    if (given.has(keyword)) throw bad(`${keyword} is given twice`);
    if (value === undefined && keyword !== 'SMTPUTF8') throw bad(`${keyword} needs a value`);
    given.set(keyword, value ?? '');
  }
  return given;
}

function readSize(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,20}$/.test(value)) throw bad('SIZE is a number of octets');
  return Number(value);
}

function readRet(value: string | undefined): 'full' | 'headers' | undefined {
  if (value === undefined) return undefined;
  const ret = { FULL: 'full', HDRS: 'headers' } as const;
  const found = ret[value.toUpperCase() as keyof typeof ret];
  if (found === undefined) throw bad('RET is FULL or HDRS');
  return found;
}

/** Longest HOLDFOR that its grammar can say, in seconds (RFC 4865 §4). */
export const longestHoldSeconds = 999_999_999;

/** RFC 4865 §4; a HOLDUNTIL that is past lets the message go at once. */
function readHold(given: ReadonlyMap<string, string>, { now, mostMs }: FutureRelease): number | undefined {
  const [seconds, until] = [given.get('HOLDFOR'), given.get('HOLDUNTIL')];
  if (seconds !== undefined && until !== undefined) throw bad('HOLDFOR and HOLDUNTIL exclude each other');
  if (seconds !== undefined && !/^\d{1,9}$/.test(seconds)) throw bad('HOLDFOR is a number of seconds');
  if (until !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/i.test(until))
    throw bad('HOLDUNTIL is a time in UTC, such as 2031-12-24T18:00:00Z');
  const at = until !== undefined ? Date.parse(until) : seconds !== undefined ? now + Number(seconds) * 1000 : undefined;
  if (Number.isNaN(at)) throw bad('HOLDUNTIL is no time of the calendar');
  if (at !== undefined && at > now + mostMs)
    throw bad(`mail may be held for ${Math.floor(mostMs / 1000)} seconds at most`);
  return at;
}

/** RFC 3461 §4.1 */
function readNotify(value: string | undefined): Notify | undefined {
  if (value === undefined) return undefined;
  const words = value.toUpperCase().split(',');
  const known = words.every((word) => ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'].includes(word));
  if (!known || new Set(words).size !== words.length) throw bad('NOTIFY is NEVER, or some of SUCCESS,FAILURE,DELAY');
  if (words.includes('NEVER') && words.length > 1) throw bad('NOTIFY=NEVER stands alone');
  return { success: words.includes('SUCCESS'), failure: words.includes('FAILURE'), delay: words.includes('DELAY') };
}

/** RFC 3461 §4.2; for the type `utf-8` RFC 6533 §3 allows UTF-8 as it is. @returns `type;address`, decoded. */
function readOrcpt(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.length > longest.ORCPT) throw bad('ORCPT is too long');
  const [, type, xtext] = /^([a-z0-9!#$%&'*/?^_`{|}~.-]+);(.+)$/i.exec(value) ?? [];
  if (type === undefined || xtext === undefined) throw bad('ORCPT is a type, a semicolon and an address');
  if (type.toLowerCase() !== 'utf-8') return `${type};${decodeXtext('ORCPT', xtext)}`;
  if (/[\x00-\x20\x7f]/.test(xtext)) throw bad('ORCPT holds a control character');
  return `${type};${xtext}`;
}

function readXtext(keyword: 'ENVID', value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.length > longest[keyword]) throw bad(`${keyword} is too long`);
  return decodeXtext(keyword, value);
}

/** xtext (RFC 3461 §4) that stands for printable ASCII, which is all that may come back in a report. */
function decodeXtext(keyword: string, value: string): string {
  if (!/^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})+$/.test(value)) throw bad(`${keyword} is not xtext`);
  const text = value.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (!/^[\x20-\x7e]+$/.test(text)) throw bad(`${keyword} stands for something that is not printable ASCII`);
  return text;
}

function bad(text: string): SmtpError {
  return new SmtpError(501, '5.5.4', text);
}

function present<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [K in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]?: Value });
}
