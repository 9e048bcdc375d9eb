import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readStructure } from '../mail/structure.ts';
import { partsOf } from './message-parts.ts';

/** `mixed(a, b)` as a body part with its own boundary. */
let boundaries = 0;
function multipart(subtype: string, ...parts: readonly string[]): string {
  const boundary = `b${boundaries++}`;
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('');
  return `Content-Type: multipart/${subtype}; boundary=${boundary}\r\n\r\n${body}--${boundary}--\r\n`;
}

function leaf(type: string, name = '', disposition = ''): string {
  const shown = disposition ? `Content-Disposition: ${disposition}${name ? `; filename="${name}"` : ''}\r\n` : '';
  return `Content-Type: ${type}${name ? `; name="${name}"` : ''}\r\n${shown}\r\ncontent\r\n`;
}

const [plain, html, pdf] = [leaf('text/plain'), leaf('text/html'), leaf('application/pdf', 'a.pdf', 'attachment')];

/** `note | document, document` as converters with names. */
async function parts(message: string): Promise<string> {
  const { note, documents } = partsOf(await readStructure([Buffer.from(`From: a@b.test\r\n${message}`)]));
  const shown = documents.map(({ converter, name }) => `${converter} ${name}`).join(', ');
  return `${note?.converter ?? '-'} | ${shown}`;
}

describe('what of a message becomes pages', () => {
  const cases: readonly (readonly [what: string, message: string, expected: string])[] = [
    ['plain text', plain, 'text | '],
    ['HTML alone', html, 'html | '],
    ['a PDF alone', pdf, '- | pdf a.pdf'],
    [
      'all parts in order',
      multipart('mixed', plain, pdf, plain, leaf('image/png', 'b.png')),
      'text | pdf a.pdf, text text/plain, picture b.png',
    ],
    ['a PDF before the text', multipart('mixed', pdf, plain), '- | pdf a.pdf, text text/plain'],
    [
      'the plain one of alternatives',
      multipart('mixed', multipart('alternative', plain, html), pdf),
      'text | pdf a.pdf',
    ],
    ['the best alternative there is', multipart('alternative', leaf('text/calendar'), html, leaf('x/y')), 'html | '],
    [
      'no signature pictures, but attachments beside them',
      multipart('related', html, leaf('image/png', 'logo.png', 'inline'), pdf),
      'html | pdf a.pdf',
    ],
    ['the signed part', multipart('signed', plain, leaf('application/pgp-signature', 's.asc')), 'text | '],
    [
      'business cards and invitations are no documents',
      multipart('mixed', plain, leaf('text/x-vcard', 'a.vcf')),
      'text | ',
    ],
    [
      'a forwarded message with its attachments',
      multipart('mixed', plain, `Content-Type: message/rfc822\r\n\r\nSubject: old\r\n${multipart('mixed', html, pdf)}`),
      'text | message the forwarded message, html text/html, pdf a.pdf',
    ],
    [
      'a type by its file name, where it says nothing',
      leaf('application/octet-stream', 'Plan.PDF'),
      '- | pdf Plan.PDF',
    ],
    [
      'what is not known, by its name or type',
      multipart('mixed', plain, leaf('application/x-z', 'a.z'), leaf('audio/mpeg')),
      'text | unknown a.z, unknown audio/mpeg',
    ],
    ['a multipart without parts', 'Content-Type: multipart/mixed\r\n\r\nlost\r\n', '- | unknown multipart/mixed'],
  ];
  for (const [what, message, expected] of cases) {
    it(what, async () => assert.equal(await parts(message), expected));
  }

  it('follows no more than a few messages within each other', async () => {
    const nested = Array.from({ length: 60 }).reduce<string>(
      (inner) => `Content-Type: message/rfc822\r\n\r\nSubject: x\r\n${inner}`,
      plain,
    );
    const { documents } = partsOf(await readStructure([Buffer.from(nested)]));
    assert.ok(documents.length <= 25);
  });
});
