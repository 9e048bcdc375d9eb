import { formatDate } from '../mail/date.ts';
import { Header } from '../mail/header.ts';

/**
 * What a submission agent sets right in the header block (RFC 6409 §8): blind copies are taken out, and date,
 * identification and a recipient field added where they are missing. All else stays octet for octet.
 */
export function completeHeader(
  block: Uint8Array,
  now: { readonly at: number; readonly id: string; readonly name: string },
): Uint8Array {
  const header = Header.parse(block);
  const missing = (...names: string[]): boolean => names.every((name) => header.first(name) === undefined);
  const added = [
    ...(missing('Date') ? [`Date: ${formatDate(now.at)}`] : []),
    ...(missing('Message-ID') ? [`Message-ID: <${now.id}@${now.name}>`] : []),
    ...(missing('To', 'Cc') ? ['To: undisclosed-recipients:;'] : []),
  ];
  const kept: Uint8Array[] = [];
  let start = 0;
  for (const field of header.fields) {
    if (!/^(resent-)?bcc$/i.test(field.name)) continue;
    kept.push(block.subarray(start, field.start));
    start = field.end;
  }
  return Buffer.concat([...kept, block.subarray(start), ...added.map((line) => Buffer.from(`${line}\r\n`))]);
}
