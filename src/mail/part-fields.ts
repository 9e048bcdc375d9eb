import { parseAddressList } from './address-list.ts';
import type { Header } from './header.ts';
import type { AddressEntry, MessageEnvelope, MimePart } from './mime-part.ts';
import { parseContentType, parseParameters } from './parameters.ts';

/** What the fields of a header block say of a part (RFC 2045, RFC 2183, RFC 3282, RFC 2557) and of a message (RFC 5322). */
export type PartFields = Omit<MimePart, 'headerStart' | 'bodyStart' | 'bodyEnd' | 'lines' | 'parts' | 'envelope'>;

/** @param inDigest the part stands in a multipart/digest, where the default is a message (RFC 2046 §5.1.5). */
export function partFields(header: Header, inDigest: boolean): PartFields {
  const contentType = header.first('content-type');
  const declared = contentType === undefined ? undefined : parseContentType(contentType);
  const absent = inDigest ? messageType : textType;
  const disposition = header.first('content-disposition');
  const language = header.first('content-language');
  return {
    ...(declared ?? (contentType === undefined ? absent : textType)),
    ...optional('id', header.first('content-id')),
    ...optional('description', header.first('content-description')),
    encoding: encodingOf(header),
    ...optional('disposition', disposition === undefined ? undefined : readDisposition(disposition)),
    ...optional('language', language === undefined ? undefined : readLanguages(language)),
    ...optional('location', header.first('content-location')),
    ...optional('md5', header.first('content-md5')),
  };
}

const textType = { type: 'text', subtype: 'plain', parameters: {} };
const messageType = { type: 'message', subtype: 'rfc822', parameters: {} };

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return (value === undefined || value === '' ? {} : { [name]: value }) as { [Key in Name]?: Value };
}

function encodingOf(header: Header): string {
  const { value } = parseParameters(header.first('content-transfer-encoding') ?? '');
  return value || '7bit';
}

function readDisposition(field: string): MimePart['disposition'] {
  const { value, parameters } = parseParameters(field);
  return value === '' ? undefined : { type: value, parameters };
}

function readLanguages(field: string): string[] | undefined {
  const tags = field
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
    .slice(0, 100);
  return tags.length > 0 ? tags : undefined;
}

/** RFC 9051 §7.5.2: Sender and Reply-To default to From. */
export function messageEnvelope(header: Header): MessageEnvelope {
  const list = (name: string): AddressEntry[] => parseAddressList(header.first(name) ?? '');
  const from = list('from');
  const orFrom = (entries: AddressEntry[]): AddressEntry[] => (entries.length > 0 ? entries : from);
  return {
    ...optional('date', header.first('date')),
    ...optional('subject', header.first('subject')),
    from,
    sender: orFrom(list('sender')),
    replyTo: orFrom(list('reply-to')),
    to: list('to'),
    cc: list('cc'),
    bcc: list('bcc'),
    ...optional('inReplyTo', header.first('in-reply-to')),
    ...optional('messageId', header.first('message-id')),
  };
}
