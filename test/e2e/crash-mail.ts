import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Chance } from './crash-chance.ts';

/** Mails that can tell whether they are whole, and what is read back. */

export interface LetterHead {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
}

/** A message whose header has the checksum of its body; some lines begin with dots, as SMTP and POP3 double them. */
export function writeLetter({ id, from, to }: LetterHead, sizeBytes: number, chance: Chance): Buffer {
  const lines: string[] = [];
  for (let octets = 0; octets < sizeBytes; octets += lines.at(-1)!.length + 2) {
    const dots = chance.of(['', '', '', '.', '..']);
    const word = Math.floor(chance.next() * 2 ** 32).toString(36);
    lines.push(dots + word.repeat(chance.below(10)));
  }
  const body = `${lines.join('\r\n')}\r\n`;
  const header = [
    `From: <${from}>`,
    `To: ${to.map((address) => `<${address}>`).join(', ')}`,
    `Subject: letter ${id}`,
    'Date: Mon, 02 Mar 2026 09:00:00 +0100',
    `Message-ID: <${id}@crash.example>`,
    `X-Letter: ${id}`,
    `X-Sha256: ${sha256(body)}`,
  ];
  return Buffer.from(`${header.join('\r\n')}\r\n\r\n${body}`);
}

/** A whole message as a reader saw it. `trace` is the id in our Received field, unique for each time it was accepted. */
export type Mail = { readonly trace: string; readonly sha256: string } & (
  | { readonly kind: 'letter'; readonly id: string }
  | {
      readonly kind: 'report';
      readonly envelopeId: string;
      /** Final recipients with the action reported, `bob@office.test delivered`. */
      readonly told: readonly string[];
    }
  | { readonly kind: 'fax'; readonly pictures: readonly Buffer[] }
);

/** @throws AssertionError when a part of the message is missing */
export function readMail(source: Buffer): Mail {
  const text = source.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  assert.ok(end > 0, `a message without end of its header: ${text.slice(0, 200)}`);
  const header = text.slice(0, end).replaceAll(/\r\n[ \t]+/g, ' ');
  const body = text.slice(end + 4);
  const field = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(header)?.[1] ?? '';
  const trace = / id (\w+)/.exec(field('Received'))?.[1] ?? '';
  const common = { trace, sha256: sha256(source) };
  const id = field('X-Letter');
  if (id !== '') {
    assert.equal(sha256(body), field('X-Sha256'), `letter ${id} is not whole: ${source.length} octets`);
    return { kind: 'letter', id, ...common };
  }
  const boundary = /boundary="?([^";]+)/i.exec(field('Content-Type'))?.[1];
  assert.ok(boundary, `neither letter, report nor fax: ${header}`);
  assert.ok(body.trimEnd().endsWith(`--${boundary}--`), `half a message: …${body.slice(-200)}`);
  const parts = body.split(`--${boundary}`).slice(1, -1);
  if (/report-type=/i.test(field('Content-Type'))) {
    const status = parts.find((part) => /^content-type: *message\/(global-)?delivery-status/im.test(part)) ?? '';
    const recipients = [...status.matchAll(/^Final-Recipient: *rfc822; *(\S+)[\s\S]*?^Action: *(\w+)/gim)];
    assert.ok(recipients.length > 0, `a report on nobody: ${status}`);
    return {
      kind: 'report',
      envelopeId: /^Original-Envelope-Id: *(\S+)/im.exec(status)?.[1] ?? '',
      told: recipients.map(([, address, action]) => `${address} ${action}`),
      ...common,
    };
  }
  const pictures = parts
    .filter((part) => /^content-type: *image\/png/im.test(part))
    .map((part) => Buffer.from(part.slice(part.indexOf('\r\n\r\n')), 'base64'));
  return { kind: 'fax', pictures, ...common };
}

function sha256(octets: string | Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}
