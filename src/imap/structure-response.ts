import type { AddressEntry, MessageEnvelope, MimePart } from '../mail/mime-part.ts';
import { formatNstring, formatString } from './format.ts';

/** ENVELOPE and BODYSTRUCTURE as text (RFC 9051 §7.5.2). */

export function formatEnvelope(envelope: MessageEnvelope | undefined, utf8: boolean): string {
  const { from = [], sender = [], replyTo = [], to = [], cc = [], bcc = [] } = envelope ?? {};
  // Sender and Reply-To that are not there are as From.
  const lists = [from, sender.length > 0 ? sender : from, replyTo.length > 0 ? replyTo : from, to, cc, bcc];
  const fields = [
    formatNstring(envelope?.date, utf8),
    formatNstring(envelope?.subject, utf8),
    ...lists.map((list) => formatAddresses(list, utf8)),
    formatNstring(envelope?.inReplyTo, utf8),
    formatNstring(envelope?.messageId, utf8),
  ];
  return `(${fields.join(' ')})`;
}

function formatAddresses(list: readonly AddressEntry[], utf8: boolean): string {
  if (list.length === 0) return 'NIL';
  const entries = list.map(({ name, mailbox, host }) => {
    const values = [name, undefined, mailbox, host].map((value) => formatNstring(value, utf8));
    return `(${values.join(' ')})`;
  });
  return `(${entries.join('')})`;
}

/** @param extended BODYSTRUCTURE, with extension data; otherwise BODY. */
export function formatStructure(part: MimePart, extended: boolean, utf8: boolean): string {
  const text = (value: string): string => formatString(value, utf8);
  const maybe = (value: string | undefined): string => formatNstring(value, utf8);
  if (part.type === 'multipart' && part.parts.length > 0) {
    const inner = part.parts.map((one) => formatStructure(one, extended, utf8)).join('');
    const extension = extended ? ` ${formatParameters(part.parameters, utf8)} ${formatEnd(part, utf8)}` : '';
    return `(${inner} ${text(part.subtype)}${extension})`;
  }
  // The grammar knows no multipart without parts; text is what such a body is.
  const [type, subtype] = part.type === 'multipart' ? ['text', 'plain'] : [part.type, part.subtype];
  const fields = [
    text(type),
    text(subtype),
    formatParameters(part.parameters, utf8),
    maybe(part.id),
    maybe(part.description),
    text(part.encoding),
    String(part.bodyEnd - part.bodyStart),
  ];
  const message = part.type === 'message' ? part.parts[0] : undefined;
  if (message) {
    fields.push(formatEnvelope(message.envelope, utf8), formatStructure(message, extended, utf8), String(part.lines));
  } else if (type === 'text') {
    fields.push(String(part.lines));
  }
  if (extended) fields.push(maybe(part.md5), formatEnd(part, utf8));
  return `(${fields.join(' ')})`;
}

function formatParameters(parameters: Readonly<Record<string, string>>, utf8: boolean): string {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return 'NIL';
  return `(${entries.map(([name, value]) => `${formatString(name, utf8)} ${formatString(value, utf8)}`).join(' ')})`;
}

/** Disposition, language and location: the extension data that both kinds of body end with. */
function formatEnd(part: MimePart, utf8: boolean): string {
  const { disposition, language } = part;
  const shown = disposition
    ? `(${formatString(disposition.type, utf8)} ${formatParameters(disposition.parameters, utf8)})`
    : 'NIL';
  const languages = language?.length ? `(${language.map((one) => formatString(one, utf8)).join(' ')})` : 'NIL';
  return `${shown} ${languages} ${formatNstring(part.location, utf8)}`;
}
