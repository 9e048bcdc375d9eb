import { type Body, composeMessage, formatField, type Person, type RandomBytes } from './compose.ts';
import { formatDate } from './date.ts';
import { oneLine } from './encoded-word.ts';
import { Header, headerEnd, readHeaderBlock } from './header.ts';
import { reportText } from './report-text.ts';

/**
 * Delivery reports: multipart/report (RFC 6522) with words for people, message/delivery-status for programs (RFC 3464,
 * for UTF-8 addresses RFC 6533), and the message or its header.
 */
export interface DeliveryReport {
  readonly from: Person;
  readonly to: string;
  readonly date: number;
  readonly messageId: string;
  /** Full name of the host that reports. */
  readonly reportingMta: string;
  /** When the message reported on was accepted. */
  readonly arrivalDate: number;
  readonly envelopeId?: string;
  /** False when it goes to the postmaster, since the message has no sender; true when not given. */
  readonly toSender?: boolean;
  readonly recipients: readonly ReportedRecipient[];
  /** The message reported on; read once. */
  readonly original: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** How much of it goes back; `returnedPart` decides. */
  readonly returned: Returned;
  /** Pictures shown below the words. */
  readonly attachments?: readonly {
    readonly contentType: string;
    readonly fileName: string;
    readonly bytes: Uint8Array;
  }[];
}

export type Returned = 'full' | 'headers';

export interface ReportedRecipient {
  readonly address: string;
  /** How the recipient is called in the words for people, in place of the address. */
  readonly label?: string;
  /** ORCPT as `type;address`. */
  readonly originalRecipient?: string;
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** Enhanced status code (RFC 3463). */
  readonly status: string;
  /** Why, in a sentence or two. */
  readonly text: string;
  /** What the sender can do, when it is better known than by the status code. */
  readonly next?: string | undefined;
  /** Name of the host that spoke, with or without `dns;`. */
  readonly remoteMta?: string;
  /** Its answer, with or without a type such as `smtp;`. */
  readonly diagnostic?: string;
  readonly lastAttempt?: number;
  readonly willRetryUntil?: number;
}

/** Larger messages come back as their header only (Courier's `dsnlimit`). */
export const maxReturnedOctets = 32_768;

/** How much of the message a report returns: all of it for a failure, if RET does not forbid it and it is not too large. */
export function returnedPart(
  actions: readonly ReportedRecipient['action'][],
  ret: Returned | undefined,
  sizeBytes: number,
): Returned {
  return actions.includes('failed') && ret !== 'headers' && sizeBytes <= maxReturnedOctets ? 'full' : 'headers';
}

/** The whole message. The original is read to its end or, for `headers`, to the end of its header. */
export async function* composeReport(report: DeliveryReport, random: RandomBytes): AsyncGenerator<Uint8Array> {
  const original = await readOriginal(report.original, report.returned);
  const header = Header.parse(original);
  const subject = oneLine(header.text('subject') ?? '').slice(0, maxSubjectCharacters);
  const about = header.first('message-id')?.slice(0, maxLineText);
  yield* composeMessage(
    {
      from: report.from,
      to: [{ address: report.to }],
      subject: `${subjectStart(report)}${subject === '' ? '' : `: ${subject}`}`,
      date: report.date,
      messageId: report.messageId,
      fields: [...(about ? replyFields(about) : []), ['Auto-Submitted', 'auto-replied']],
      body: {
        kind: 'multipart',
        subtype: 'report',
        parameters: { 'report-type': 'delivery-status' },
        parts: [words(report, subject), status(report), returnedBody(report, original)],
      },
    },
    random,
  );
}

const maxSubjectCharacters = 200;
const maxLineText = 900;

function replyFields(about: string): (readonly [string, string])[] {
  return [
    ['In-Reply-To', about],
    ['References', about],
  ];
}

function subjectStart(report: DeliveryReport): string {
  const actions = report.recipients.map((one) => one.action);
  if (actions.includes('failed')) return 'Not delivered';
  return actions.includes('delayed') ? 'Delayed' : 'Delivered';
}

/** RFC 6522 §3 allows two or three parts, so pictures stand beside the words inside of the first. */
function words(report: DeliveryReport, subject: string): Body {
  const text: Body = { kind: 'text', text: reportText(report, subject) };
  const pictures = (report.attachments ?? []).map(
    ({ contentType, fileName, bytes }): Body => ({ kind: 'file', contentType, fileName, content: bytes, inline: true }),
  );
  return pictures.length === 0 ? text : { kind: 'multipart', subtype: 'mixed', parts: [text, ...pictures] };
}

/** RFC 3464 §2: one block for the message, one for each recipient. */
function status(report: DeliveryReport): Body {
  const utf8 = report.recipients.some((one) => notAscii.test(one.address));
  const message: [string, string | undefined][] = [
    ['Original-Envelope-Id', report.envelopeId],
    ['Reporting-MTA', `dns; ${report.reportingMta}`],
    ['Arrival-Date', formatDate(report.arrivalDate)],
  ];
  const blocks = [message, ...report.recipients.map((one) => recipientFields(one, utf8))];
  return {
    kind: 'raw',
    contentType: utf8 ? 'message/global-delivery-status' : 'message/delivery-status',
    encoding: utf8 ? '8bit' : '7bit',
    content: Buffer.from(blocks.map((block) => formatBlock(block, utf8)).join('\r\n')),
  };
}

const notAscii = /[^\x00-\x7f]/;

function recipientFields(one: ReportedRecipient, utf8: boolean): [string, string | undefined][] {
  const date = (at: number | undefined): string | undefined => (at === undefined ? undefined : formatDate(at));
  return [
    ['Original-Recipient', one.originalRecipient],
    ['Final-Recipient', `${utf8 && notAscii.test(one.address) ? 'utf-8' : 'rfc822'}; ${one.address}`],
    ['Action', one.action],
    ['Status', statusCode(one)],
    ['Remote-MTA', typed(one.remoteMta, 'dns')],
    ['Diagnostic-Code', typed(one.diagnostic, /^\d{3}/.test(one.diagnostic ?? '') ? 'smtp' : 'x-caselli')],
    ['Last-Attempt-Date', date(one.lastAttempt)],
    ['Will-Retry-Until', one.action === 'delayed' ? date(one.willRetryUntil) : undefined],
  ];
}

/** A code that is none, or contradicts what happened, gives way to the general one. */
function statusCode({ action, status: code }: ReportedRecipient): string {
  const classes = action === 'failed' ? '45' : action === 'delayed' ? '4' : '2';
  const good = /^[245]\.\d{1,3}\.\d{1,3}$/.test(code) && classes.includes(code[0]!);
  return good ? code : `${action === 'failed' ? 5 : classes}.0.0`;
}

function typed(value: string | undefined, type: string): string | undefined {
  if (!value) return undefined;
  return /^[a-z0-9-]+\s*;/i.test(value) ? value : `${type}; ${value}`;
}

function formatBlock(fields: readonly [string, string | undefined][], utf8: boolean): string {
  const given = fields.filter((field): field is [string, string] => Boolean(field[1]));
  return given
    .map(([name, value]) => {
      const line = oneLine(value).replaceAll(/ +/g, ' ').slice(0, maxLineText);
      return formatField(name, utf8 ? line : line.replaceAll(/[^\x20-\x7e]/g, '?'));
    })
    .join('');
}

function returnedBody(report: DeliveryReport, original: Uint8Array): Body {
  const end = headerEnd(original) ?? original.length;
  const global = original.subarray(0, end).some((octet) => octet > 0x7f);
  const content = report.returned === 'full' ? original : original.subarray(0, end);
  const [message, headers] = global
    ? ['message/global', 'message/global-headers']
    : ['message/rfc822', 'text/rfc822-headers'];
  return {
    kind: 'raw',
    contentType: report.returned === 'full' ? message : headers,
    encoding: content.some((octet) => octet > 0x7f) ? '8bit' : '7bit',
    content,
  };
}

/** The message, or its header; never more than `maxReturnedOctets`, whatever the source says of its size. */
async function readOriginal(source: DeliveryReport['original'], returned: Returned): Promise<Uint8Array> {
  if (returned === 'headers') return wholeLines(await readHeaderBlock(source, maxReturnedOctets));
  let read = Buffer.alloc(0);
  for await (const chunk of source) {
    read = Buffer.concat([read, chunk]);
    if (read.length >= maxReturnedOctets) break;
  }
  return wholeLines(read);
}

function wholeLines(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= maxReturnedOctets) return bytes;
  return bytes.subarray(0, bytes.lastIndexOf(0x0a, maxReturnedOctets) + 1);
}
