import { formatMailbox, parseMailbox, unicodeDomain } from '../mail/address.ts';

/** Arguments of MAIL and RCPT: path and ESMTP parameters (RFC 5321 §4.1.1.2, §4.1.1.3, §4.1.2). Pure. */

export interface PathArgument {
  /** The mailbox, its domain in lower case and Unicode; empty for `<>`; `postmaster` may stand alone (§4.1.1.3). */
  readonly address: string;
  /** Whether the path held UTF-8 as it was sent. */
  readonly utf8: boolean;
  /** In their order; values as sent, undefined where there was no `=`. */
  readonly parameters: readonly { readonly keyword: string; readonly value: string | undefined }[];
}

export const pathLimits = { parameters: 20 } as const;

const verbs = { MAIL: /^MAIL +FROM: */i, RCPT: /^RCPT +TO: */i } as const;
const keywordForm = /^[a-z0-9][a-z0-9-]{0,62}$/i;
/** esmtp-value, with UTF-8 as RFC 6531 §3.3 allows. */
const valueForm = /^[\x21-\x3c\x3e-\x7e\u0080-\u{10ffff}]+$/u;

/** @returns undefined when the line is not `MAIL FROM:<…> …` or `RCPT TO:<…> …` as the grammar has it. */
export function parsePathCommand(verb: 'MAIL' | 'RCPT', line: string): PathArgument | undefined {
  const [start] = verbs[verb].exec(line) ?? [];
  if (start === undefined) return undefined;
  const rest = line.slice(start.length);
  const [path, inner] = /^<((?:[^<>"]|"(?:[^"\\]|\\.)*")*)>(?= |$)/u.exec(rest) ?? [];
  if (path === undefined || inner === undefined) return undefined;
  const address = readPath(inner, verb);
  const parameters = readParameters(rest.slice(path.length));
  if (address === undefined || parameters === undefined) return undefined;
  return { address, utf8: /[^\x00-\x7f]/.test(inner), parameters };
}

function readPath(inner: string, verb: 'MAIL' | 'RCPT'): string | undefined {
  if (inner === '') return verb === 'MAIL' ? '' : undefined;
  if (verb === 'RCPT' && inner.toLowerCase() === 'postmaster') return 'postmaster';
  // RFC 5321 appendix C: source routes are taken and ignored.
  const mailbox = parseMailbox(inner.replace(/^@[^\s,:@]+(?:,@[^\s,:@]+)*:/, ''));
  return mailbox && formatMailbox({ localpart: mailbox.localpart, domain: unicodeDomain(mailbox.domain) });
}

function readParameters(text: string): PathArgument['parameters'] | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  if (words.length > pathLimits.parameters) return undefined;
  const parameters = words.map((word) => {
    const equals = word.indexOf('=');
    const keyword = (equals < 0 ? word : word.slice(0, equals)).toUpperCase();
    return { keyword, value: equals < 0 ? undefined : word.slice(equals + 1) };
  });
  const good = parameters.every(
    ({ keyword, value }) => keywordForm.test(keyword) && (value === undefined || valueForm.test(value)),
  );
  return good ? parameters : undefined;
}
