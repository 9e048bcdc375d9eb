import { hostname, userInfo } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { AdminError, exitCodes } from '../../admin/admin-api.ts';
import type { Envelope, Notify } from '../../mail/envelope.ts';
import { connectSmtp } from '../admin-socket.ts';
import { type Call, type Command, UsageError } from '../command.ts';

/** Options of sendmail(8) as programs have come to rely on them; those without meaning here are taken and ignored. */
export interface SendmailOptions {
  readonly recipientsFromHeader: boolean;
  readonly reversePath?: string;
  readonly fullName?: string;
  /** A line with a single dot does not end the message (`-i`, `-oi`). */
  readonly ignoreDots: boolean;
  readonly notify?: Notify;
  readonly ret?: 'full' | 'headers';
  readonly envelopeId?: string;
  readonly smtp: boolean;
  readonly recipients: readonly string[];
}

/** Options that carry a value, joined or as the next argument. */
const valued = new Set(['f', 'r', 'F', 'N', 'R', 'V', 'b', 'o', 'B', 'C', 'd', 'h', 'L', 'O', 'p', 'q', 'X', 'A', 'S']);

/** Reads sendmail's own form of options, which getopt-like parsers do not know (`-oi`, `-bs`, `-ffrom@x`). @throws UsageError */
export function parseSendmail(words: readonly string[]): SendmailOptions {
  const found: { -readonly [Key in keyof SendmailOptions]: SendmailOptions[Key] } = {
    recipientsFromHeader: false,
    ignoreDots: false,
    smtp: false,
    recipients: [],
  };
  const rest = [...words];
  const recipients: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      recipients.push(...rest.splice(0));
    } else if (!word.startsWith('-') || word === '-') {
      recipients.push(word);
    } else {
      const letter = word[1]!;
      const value = valued.has(letter)
        ? word.slice(2) || (letter === 'o' ? '' : (rest.shift() ?? missing(letter)))
        : '';
      apply(found, letter, value);
    }
  }
  return { ...found, recipients };
}

function missing(letter: string): never {
  throw new UsageError(`-${letter} needs a value`);
}

function apply(
  found: { -readonly [Key in keyof SendmailOptions]: SendmailOptions[Key] },
  letter: string,
  value: string,
): void {
  switch (letter) {
    case 't':
      found.recipientsFromHeader = true;
      return;
    case 'f':
    case 'r':
      found.reversePath = value.replace(/^<(.*)>$/, '$1');
      return;
    case 'F':
      found.fullName = value;
      return;
    case 'i':
      found.ignoreDots = true;
      return;
    case 'o':
      if (value === 'i') found.ignoreDots = true;
      return;
    case 'N':
      found.notify = parseNotify(value);
      return;
    case 'R':
      if (value !== 'full' && value !== 'hdrs') throw new UsageError('-R takes full or hdrs');
      found.ret = value === 'full' ? 'full' : 'headers';
      return;
    case 'V':
      found.envelopeId = value;
      return;
    case 'b':
      if (value === 's') found.smtp = true;
      else if (value !== 'm') throw new UsageError(`-b${value} is not one of -bm and -bs`);
      return;
    default:
      if (!valued.has(letter) && !'vnmeUGx'.includes(letter))
        throw new UsageError(`-${letter} is no option of sendmail`);
  }
}

function parseNotify(value: string): Notify {
  const words = value.toLowerCase().split(',');
  if (words.length === 1 && words[0] === 'never') return { success: false, failure: false, delay: false };
  if (words.some((word) => !['success', 'failure', 'fail', 'delay'].includes(word))) {
    throw new UsageError('-N takes never, or success, failure and delay with commas between');
  }
  return {
    success: words.includes('success'),
    failure: words.includes('failure') || words.includes('fail'),
    delay: words.includes('delay'),
  };
}

/** Lines of standard input with CRLF ends; ends at a lone dot unless `ignoreDots`. */
export async function* mailLines(input: AsyncIterable<Uint8Array>, ignoreDots: boolean): AsyncIterable<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of input) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
    const end = rest.lastIndexOf(0x0a);
    if (end < 0) continue;
    const { text, ended } = withCrlf(rest.subarray(0, end + 1), ignoreDots);
    if (text.length > 0) yield text;
    if (ended) return;
    rest = rest.subarray(end + 1);
  }
  if (rest.length > 0 && (ignoreDots || rest.toString('latin1') !== '.'))
    yield Buffer.concat([rest, Buffer.from('\r\n')]);
}

function withCrlf(lines: Buffer, ignoreDots: boolean): { text: Buffer; ended: boolean } {
  const out: Buffer[] = [];
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf(0x0a, start);
    const stop = end > start && lines[end - 1] === 0x0d ? end - 1 : end;
    const line = lines.subarray(start, stop);
    if (!ignoreDots && line.length === 1 && line[0] === 0x2e) return { text: Buffer.concat(out), ended: true };
    out.push(line, crlf);
    start = end + 1;
  }
  return { text: Buffer.concat(out), ended: false };
}

const crlf = Buffer.from('\r\n');

/** Who sends when `-f` does not say: the variables that Courier reads, then the user. */
function defaultReversePath(env: NodeJS.ProcessEnv): string {
  const user = env.MAILSUSER ?? env.MAILUSER ?? env.LOGNAME ?? userInfo().username;
  const host = env.MAILSHOST ?? env.MAILHOST;
  return user.includes('@') ? user : `${user}@${host ?? hostname()}`;
}

async function submit(call: Call, options: SendmailOptions): Promise<void> {
  if (options.recipients.length === 0 && !options.recipientsFromHeader) {
    throw new UsageError('say to whom: addresses, or -t to take them from the header');
  }
  const envelope: Envelope = {
    reversePath: options.reversePath ?? defaultReversePath(process.env),
    recipients: options.recipients.map((address) => ({ address, ...(options.notify && { notify: options.notify }) })),
    ...(options.ret && { ret: options.ret }),
    ...(options.envelopeId && { envelopeId: options.envelopeId }),
  };
  const api = await call.api();
  const content = mailLines(call.terminal.stdin, options.ignoreDots);
  const what = { envelope, fullName: options.fullName ?? '', ...(options.notify && { notify: options.notify }) };
  await (options.recipientsFromHeader ? api.sendmailFromHeader(what, content) : api.sendmail(what, content));
}

export const sendmailCommands: readonly Command[] = [
  {
    name: 'sendmail',
    usage: '[-t] [-f FROM] [-F NAME] [-i|-oi] [-N WHEN] [-R full|hdrs] [-V ID] [-bs] [--] [ADDRESS…]',
    summary: 'hand in a message from standard input, with the options of sendmail(8)',
    help: `-t   recipients from To, Cc and Bcc; Bcc is removed
-f   reverse-path, -F full name for a From field that is added
-i   a line with a single dot does not end the message (also -oi)
-N   never, or success,failure,delay: what to report (RFC 3461)
-R   full or hdrs: what a report returns; -V envelope id
-bs  speak SMTP on standard input and output
`,
    options: {},
    arguments: { min: 0, max: 100_000 },
    async run(call) {
      const options = parseSendmail(call.arguments);
      if (!options.smtp) {
        await submit(call, options);
        return 0;
      }
      const session = await connectSmtp(call.data);
      if (!session) throw new AdminError(exitCodes.unavailable, 'sendmail -bs needs the running box: caselli serve');
      await Promise.all([
        pipeline(call.terminal.stdin, session),
        (async () => {
          for await (const chunk of session) call.terminal.out(chunk as Uint8Array);
        })(),
      ]);
      return 0;
    },
  },
];
