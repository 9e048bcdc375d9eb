import { formatDate } from './date.ts';
import { oneLine } from './encoded-word.ts';

/** The trace field that an entrance puts before a message (RFC 5321 §4.4), in the shape Courier writes it. */
export interface Reception {
  /** Name that the client gave in HELO or EHLO; for other sources a word on who handed the message in. */
  readonly from: string;
  /** Name found for the client's address, and the address, when there was a connection. */
  readonly host?: string;
  readonly address?: string;
  /** SASL mechanism and account, when the client logged in. */
  readonly auth?: { readonly mechanism: string; readonly account: string };
  /** Protocol, cipher and so on, as one text. */
  readonly tls?: string;
  /** Full name of this box. */
  readonly by: string;
  /** Transmission type of RFC 3848 and RFC 6531 (see `transmissionType`), or `local`, `fax`, … */
  readonly with: string;
  readonly id: string;
  readonly at: number;
}

/** The whole field, folded, with its line end. */
export function receivedField(reception: Reception): string {
  const { from, host, address, auth, tls, by, id, at } = reception;
  const connection = address === undefined ? '' : ` (${host === undefined ? '' : `${word(host)} `}[${word(address)}])`;
  const session = [
    ...(auth ? [`AUTH: ${word(auth.mechanism)} ${word(auth.account)}`] : []),
    ...(tls ? [comment(tls)] : []),
  ];
  return [
    `Received: from ${word(from)}${connection}`,
    ...(session.length > 0 ? [`  (${session.join(', ')})`] : []),
    `  by ${word(by)} with ${word(reception.with)}`,
    `  id ${word(id)}; ${formatDate(at)}`,
    '',
  ].join('\r\n');
}

/** `ESMTPSA`, `UTF8SMTP`, … : RFC 3848, RFC 6531 §4.3. */
export function transmissionType(session: {
  readonly extended: boolean;
  readonly tls: boolean;
  readonly auth: boolean;
  readonly utf8: boolean;
}): string {
  if (!session.extended) return 'SMTP';
  return `${session.utf8 ? 'UTF8SMTP' : 'ESMTP'}${session.tls ? 'S' : ''}${session.auth ? 'A' : ''}`;
}

/** What comes from the other side stands as one word that cannot end a comment or begin a field; long ones are cut. */
function word(text: string): string {
  return (
    oneLine(text)
      .replaceAll(/[\s()\\;]+/g, '_')
      .slice(0, 255) || 'unknown'
  );
}

function comment(text: string): string {
  return oneLine(text)
    .replaceAll(/[()\\]/g, ' ')
    .slice(0, 255);
}
