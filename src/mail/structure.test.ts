import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { MimePart } from './mime-part.ts';
import { readStructure, StructureParser, structureLimits } from './structure.ts';

function parse(message: string | Uint8Array, cuts: readonly number[] = []): MimePart {
  const bytes = Buffer.from(message);
  const parser = new StructureParser();
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const to = Math.min(Math.max(cut, from), bytes.length);
    // A stream may use its buffer again, so the parser must not keep it.
    const chunk = Buffer.from(bytes.subarray(from, to));
    parser.push(chunk);
    chunk.fill(0x2a);
    from = to;
  }
  parser.push(bytes.subarray(from));
  return parser.end();
}

/** The tree as text: type, the body as it stands in the octets, lines; children indented. */
function outline(message: string, part: MimePart, indent = ''): string[] {
  const body = part.parts.length > 0 ? '' : ` ${JSON.stringify(message.slice(part.bodyStart, part.bodyEnd))}`;
  const own = `${indent}${part.type}/${part.subtype}${body} ${part.lines}`;
  return [own, ...part.parts.flatMap((child) => outline(message, child, `${indent}  `))];
}

function check(message: string, expected: readonly string[]): MimePart {
  for (const text of [message.replaceAll('\n', '\r\n'), message]) {
    const part = parse(text);
    assert.deepEqual(
      outline(text, part).map((line) => line.replaceAll('\\r\\n', '\\n')),
      expected,
    );
    if (text === message) return part;
  }
  throw new Error('unreachable');
}

const mixed = 'Content-Type: multipart/mixed; boundary=b\n\n';

test('a message without MIME is one text part with an envelope', () => {
  const part = check('Subject: Hi\nFrom: A <a@b>\n\nline 1\nline 2', ['text/plain "line 1\\nline 2" 2']);
  assert.equal(part.envelope?.subject, 'Hi');
  assert.deepEqual(part.envelope?.replyTo, [{ name: 'A', mailbox: 'a', host: 'b' }]);
  assert.deepEqual(part.parameters, {});
  check('\nbody\n', ['text/plain "body\\n" 1']);
  check('', ['text/plain "" 0']);
  check('Subject: only a header', ['text/plain "" 0']);
  check('Subject: only a header\n', ['text/plain "" 0']);
  check('Subject: empty body\n\n', ['text/plain "" 0']);
});

test('the line end before a boundary belongs to the boundary', () => {
  check(`${mixed}preamble\n--b\n\none\n--b\nContent-Type: image/PNG\n\ntwo\n\n--b--\nepilogue\n`, [
    'multipart/mixed 11',
    '  text/plain "one" 1',
    '  image/png "two\\n" 1',
  ]);
  check(`${mixed}--b  \n\n--b\n\n--b--`, ['multipart/mixed 5', '  text/plain "" 0', '  text/plain "" 0']);
  check(`${mixed}--b\nX: header only\n--b--\n`, ['multipart/mixed 3', '  text/plain "" 0']);
});

test('boundaries that are missing, alike, or only look like one', () => {
  check(`${mixed}--b\n\none\n`, ['multipart/mixed 3', '  text/plain "one\\n" 1']);
  check(`${mixed}no parts`, ['multipart/mixed "no parts" 1']);
  check('Content-Type: multipart/mixed\n\n--b\n\none\n', ['multipart/mixed "--b\\n\\none\\n" 3']);
  check(`${mixed}--b\n\n--bc\n --b\n--b --\n--b--\n`, ['multipart/mixed 6', '  text/plain "--bc\\n --b\\n--b --" 3']);
  // The outer boundary ends an inner multipart that was never closed.
  check(`${mixed}--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nx\n--b\n\ny\n--b--\n`, [
    'multipart/mixed 10',
    '  multipart/alternative 3',
    '    text/plain "x" 1',
    '  text/plain "y" 1',
  ]);
  // The same boundary inside: the inner one takes it until it is closed.
  check(`${mixed}--b\n${mixed}--b\n\nx\n--b--\n--b\n\ny\n--b--\n`, [
    'multipart/mixed 11',
    '  multipart/mixed 4',
    '    text/plain "x" 1',
    '  text/plain "y" 1',
  ]);
});

test('messages inside: forwarded, in a digest, encoded', () => {
  const root = check(`${mixed}--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n--b--\n`, [
    'multipart/mixed 7',
    '  message/rfc822 3',
    '    text/plain "x" 1',
  ]);
  assert.equal(root.parts[0]!.envelope, undefined);
  assert.equal(root.parts[0]!.parts[0]!.envelope?.subject, 'inner');
  check(
    'Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b--\n',
    ['multipart/digest 10', '  message/rfc822 3', '    text/plain "one" 1', '  text/plain "two" 1'],
  );
  check('Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nAAAA\n', ['message/rfc822 "AAAA\\n" 1']);
});

test('the fields of a part', () => {
  const part = parse(
    'Content-Type: Application/PDF; name="a.pdf"\r\nContent-Transfer-Encoding: BASE64 (x)\r\nContent-ID: <1@x>\r\n' +
      "Content-Disposition: attachment;\r\n filename*=utf-8''%C3%BC.pdf\r\nContent-Language: de, en\r\nContent-MD5: abc\r\n" +
      'Content-Location: http://x.test/\r\nContent-Description: A file\r\n\r\nAAAA\r\n',
  );
  const { type, subtype, parameters, encoding, id, disposition, language, md5, location, description } = part;
  assert.deepEqual(
    { type, subtype, parameters, encoding, id, disposition, language, md5, location, description },
    {
      type: 'application', subtype: 'pdf', parameters: { name: 'a.pdf' }, encoding: 'base64', id: '<1@x>',
      disposition: { type: 'attachment', parameters: { filename: 'ü.pdf' } },
      language: ['de', 'en'], md5: 'abc', location: 'http://x.test/', description: 'A file',
    }, // biome-ignore format: one line a thing
  );
});

/** Messages that look like MIME, whole and broken. */
const pieces = fc.constantFrom(
  '\r\n', '\n', '\r', '--b', '--b--', '--c', '--c--', '--', ' ', 'x', mixed, mixed.replaceAll('=b', '=c'),
  'Content-Type: message/rfc822\r\n\r\n', 'Content-Type: multipart/digest; boundary=c\r\n\r\n', 'Subject: y\r\n', '\r\n--b\r\n',
  '\r\n--c\r\n', '\r\n--b--\r\n', ' folded',
); // biome-ignore format: a list
const messages = fc.array(pieces, { maxLength: 40 }).map((all) => all.join(''));

test('any chunks give the same structure, and parts lie within each other in order', () => {
  const within = (part: MimePart, from: number, to: number): void => {
    assert.ok(
      from <= part.headerStart &&
        part.headerStart <= part.bodyStart &&
        part.bodyStart <= part.bodyEnd &&
        part.bodyEnd <= to,
    );
    assert.ok(part.lines >= 0);
    let at = part.bodyStart;
    for (const child of part.parts) {
      within(child, at, part.bodyEnd);
      at = child.bodyEnd;
    }
  };
  fc.assert(
    fc.property(
      fc.oneof(
        messages,
        messages.map((text) => mixed + text),
      ),
      fc.array(fc.nat(300), { maxLength: 20 }),
      (message, cuts) => {
        const whole = parse(message);
        assert.deepEqual(parse(message, cuts), whole);
        assert.deepEqual(
          parse(
            message,
            Array.from(message, (_, at) => at),
          ),
          whole,
        );
        within(whole, 0, Buffer.byteLength(message));
      },
    ),
    { numRuns: 400 },
  );
});

test('what nodemailer composes is found part by part', async () => {
  const message = await new MailComposer({
    from: 'Jürgen <j@x.test>',
    to: 'Fax: 5551234@fax;',
    subject: 'Angebot über 3 Stück',
    text: 'Hallo, größer\n',
    html: '<p>Hallo</p>',
    attachments: [
      { filename: 'größe.pdf', content: Buffer.alloc(5000, 7), contentType: 'application/pdf' },
      { filename: 'inner.eml', content: 'Subject: inner\r\n\r\nx\r\n', contentType: 'message/rfc822' },
    ],
  })
    .compile()
    .build();
  const part = parse(message);
  assert.deepEqual(
    part.parts.map((one) => `${one.type}/${one.subtype}`),
    ['multipart/alternative', 'application/pdf', 'message/rfc822'],
  );
  assert.deepEqual(
    part.parts[0]!.parts.map((one) => one.subtype),
    ['plain', 'html'],
  );
  const pdf = part.parts[1]!;
  assert.equal(pdf.encoding, 'base64');
  assert.equal(pdf.disposition?.parameters.filename, 'größe.pdf');
  assert.deepEqual(
    Buffer.from(message.subarray(pdf.bodyStart, pdf.bodyEnd).toString(), 'base64'),
    Buffer.alloc(5000, 7),
  );
});

test('limits: depth, parts, header size; what lies beyond is opaque', () => {
  const deep = Array.from(
    { length: 200 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  ).join('');
  let depth = 0;
  for (let part: MimePart | undefined = parse(deep); part; part = part.parts[0]) depth++;
  assert.equal(depth, structureLimits.depth + 1);

  const wide = parse(`${mixed}${'--b\n\nx\n'.repeat(5000)}--b--\n`);
  assert.equal(wide.parts.length, structureLimits.parts - 1);
  assert.match(wide.parts.at(-1)!.lines.toString(), /^\d{4,}$/);

  const folded = 'Content-Type: message/rfc822\r\n\r\n'.repeat(300);
  assert.doesNotThrow(() => parse(folded));

  const long = parse(`X: ${'y'.repeat(structureLimits.headerOctets)}\r\nContent-Type: image/png\r\n\r\nbody`);
  assert.equal(long.type, 'text');
  assert.equal(long.bodyEnd - long.bodyStart, 4);
});

test('fifty megabytes cost next to nothing to keep', async () => {
  const line = Buffer.from(`${'QUJD'.repeat(19)}\r\n`);
  const chunk = Buffer.concat(Array.from({ length: 840 }, () => line));
  function* content(): Generator<Uint8Array> {
    yield Buffer.from(`${mixed}--b\nContent-Transfer-Encoding: base64\n\n`);
    for (let sent = 0; sent < 50_000_000; sent += chunk.length) yield chunk;
    // One line without end, too.
    for (let sent = 0; sent < 50_000_000; sent += chunk.length) yield Buffer.alloc(chunk.length, 0x2d);
    yield Buffer.from('\r\n--b--\r\n');
  }
  const part = await readStructure(content());
  assert.equal(part.parts.length, 1);
  assert.ok(JSON.stringify(part).length < 2000);
});
