import { octets } from './bad-talk.ts';

/** Messages that are odd inside. None may be lost; only what is beyond a named limit may be refused, at the door. */
export interface BadMessage {
  readonly name: string;
  /** As it is sent, lines ended by CRLF, before dots are doubled. */
  readonly content: Buffer;
  /** How the message must end in the mailbox, where it is not the content with its line ends set right. */
  readonly kept?: Buffer;
  /** Text of the reply that refuses it. */
  readonly refusal?: RegExp;
}

const line = 'And so the text goes on.\r\n';

function message(name: string, text: string, more: Partial<BadMessage> = {}): BadMessage {
  return { name, content: octets(text), ...more };
}

/** A message with these fields, and From, To and Subject before them. */
function withFields(name: string, fields: string, body = line, kept?: Buffer): BadMessage {
  const text = `From: a@mail.example\r\nTo: alice@office.test\r\nSubject: ${name}\r\n${fields}\r\n${body}`;
  return message(name, text, kept && { kept });
}

const multipart = (boundary: string): string =>
  `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=${boundary}\r\n`;
const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join('');

/** The same octets at every call: all values but CR and LF. */
function garbage(length: number): string {
  let state = 12345;
  return times(length, (index) => {
    if (index % 500 === 499) return '\r\n';
    state = (state * 1103515245 + 12345) % 2 ** 31;
    const octet = (state >> 12) & 255;
    return octet === 10 || octet === 13 ? ' ' : String.fromCharCode(octet);
  });
}

export const badMessages: readonly BadMessage[] = [
  // Depth and number
  withFields(
    'ten thousand multiparts within each other',
    multipart('b'),
    times(10_000, (at) => `--b${at || ''}\r\n${multipart(`b${at + 1}`)}\r\n`),
  ),
  withFields(
    'ten thousand messages within each other',
    'Content-Type: message/rfc822\r\n',
    times(10_000, (at) => `Subject: ${at}\r\nContent-Type: message/rfc822\r\n\r\n`),
  ),
  withFields('a hundred thousand parts', multipart('b'), `${times(100_000, () => '--b\r\n\r\nx\r\n')}--b--\r\n`),
  withFields('a hundred thousand ends', multipart('b'), `--b\r\n\r\nx\r\n${times(100_000, () => '--b--\r\n')}`),
  withFields(
    'one boundary at every depth',
    multipart('b'),
    times(2000, () => `--b\r\n${multipart('b')}\r\n`),
  ),
  withFields(
    'ten thousand parentheses',
    `Cc: ${'('.repeat(10_000)}\r\nReply-To: ${'('.repeat(5000)}x${')'.repeat(5000)} <x@mail.example>\r\n`,
  ),
  withFields('ten thousand addresses', `Cc: ${times(10_000, (at) => `<a${at}@b.example>,\r\n `)}c@d.example\r\n`),
  withFields('ten thousand groups', `Cc: ${times(10_000, (at) => `g${at}:`)}x@y.example;\r\n`),
  withFields('ten thousand parameters', `Content-Type: text/plain${times(10_000, (at) => `;\r\n p${at}=v`)}\r\n`),
  withFields(
    'ten thousand pieces of one parameter',
    `Content-Type: text/plain${times(10_000, (at) => `;\r\n name*${at}*=%41`)}; name*999999999999=x\r\n`,
  ),
  withFields(
    'nineteen hundred fields',
    times(1900, (at) => `X-Field-${at}: ${at}\r\n`),
  ),
  message('two thousand fields and more', `${times(2100, (at) => `X-Field-${at}: ${at}\r\n`)}\r\n${line}`, {
    refusal: /^552 5\.3\.4 header/,
  }),
  // Length
  withFields('a field of 200 kB', `X-Long: ${'x'.repeat(200_000)}\r\n`),
  withFields('a field of 200 kB in many lines', `X-Long: ${'x\r\n '.repeat(50_000)}\r\n`),
  withFields(
    'a field name of 100 kB',
    `${'x'.repeat(100_000)}: y\r\n`,
    line,
    octets(`\r\n\r\n${'x'.repeat(100_000)}: y\r\n\r\n${line}`),
  ),
  message('a header without end', `X-Long: ${'x\r\n '.repeat(500_000)}\r\n`, { refusal: /^552 5\.3\.4 header/ }),
  message('a header line without end', `X-Long: ${'x'.repeat(3_000_000)}\r\n`, { refusal: /^552 5\.3\.4 header/ }),
  withFields('a body line of 3 MB', '', `${'x'.repeat(3_000_000)}\r\n`),
  withFields('a boundary of 5,000 octets', multipart('b'.repeat(5000)), `--${'b'.repeat(5000)}\r\n\r\nx\r\n`),
  // Boundaries
  withFields('no boundary', 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n'),
  withFields('an empty boundary', multipart('""'), '--\r\n\r\nx\r\n----\r\n'),
  withFields('a boundary that never comes', multipart('b')),
  withFields('a boundary that never ends', multipart('b'), '--b\r\nContent-Type: text/plain\r\n\r\nx\r\n'),
  withFields('only the last boundary', multipart('b'), '--b--\r\n'),
  withFields(
    'a boundary of 8-bit octets',
    multipart('"\xe4\xf6\xfc"'),
    '--\xe4\xf6\xfc\r\n\r\nx\r\n--\xe4\xf6\xfc--\r\n',
  ),
  withFields('parts without an empty line', multipart('b'), '--b\r\nContent-Type: text/html\r\n--b\r\nx\r\n--b--\r\n'),
  // Encodings
  withFields(
    'base64 that is none',
    'Content-Transfer-Encoding: base64\r\n',
    '!!!! not base64 \xff\xfe = == ===\r\nAAA\r\nA\r\n',
  ),
  withFields(
    'quoted-printable that is none',
    'Content-Transfer-Encoding: quoted-printable\r\n',
    '=ZZ =4 =\r\n==\r\n=\xff=\r\n',
  ),
  withFields('an encoding that nobody knows', 'Content-Transfer-Encoding: x-uu-klingon\r\n'),
  withFields(
    'an encoded multipart',
    `${multipart('b')}Content-Transfer-Encoding: base64\r\n`,
    '--b\r\n\r\nx\r\n--b--\r\n',
  ),
  withFields('a charset that nobody knows', 'Content-Type: text/plain; charset="\\"klingon\xff"\r\n'),
  withFields(
    'encoded words that are none',
    'X-A: =?utf-8?b?!!!?= =?klingon?q?x?= =?utf-8?q?=FF=FE=?= =????= =?utf-8?x?y?=\r\n',
  ),
  withFields('ten thousand encoded words', `X-A: ${times(10_000, () => '=?utf-8?q?=C3=A4?= ')}\r\n`),
  // Fields
  withFields('a media type that is none', 'Content-Type: \xff/;;;="=;boundary\r\n'),
  withFields(
    'a quote that does not end',
    'Content-Type: text/plain; name="never\r\nContent-Disposition: attachment; filename="\\\r\n',
  ),
  withFields(
    'a file name that leads elsewhere',
    'Content-Disposition: attachment; filename="../../../../etc/passwd\0.pdf"\r\n',
  ),
  withFields(
    'everything twice',
    'Subject: again\r\nFrom: b@mail.example\r\nContent-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n',
  ),
  withFields(
    'addresses that are none',
    'Cc: <<>>, @, "x, (y, \\, ;:;:, a@b@c, <a@b, undisclosed:;\r\nReply-To: ,,,\r\nSender: \r\n',
  ),
  withFields('a date that is none', 'Date: 99 Foo 99999 99:99:99 +9999\r\nMessage-ID: <<@>\r\nIn-Reply-To: (\r\n'),
  withFields('colons and spaces', 'A : 1\r\nB:\r\nC:c\r\n'),
  withFields(
    'a line that is no field',
    'A: 1\r\n: empty\r\nB: 2\r\n',
    line,
    octets(`A: 1\r\n\r\n: empty\r\nB: 2\r\n\r\n${line}`),
  ),
  // Octets
  withFields('garbage in the body', '', garbage(100_000)),
  withFields('garbage in a field', `X-Garbage: ${garbage(400)}\r\n`),
  withFields('NULs', 'X-Nul: a\0b\r\nContent-Type: text/\0plain\r\n', 'a\0b\0\0c\r\n\0\0\0\r\n'),
  withFields(
    'UTF-16 without saying so',
    '',
    Buffer.from('\ufeffGuten Tag', 'utf16le').toString('latin1').concat('\r\n'),
  ),
  withFields('dots', '', '.\r\n..\r\n...\r\n. x\r\n'),
  withFields('no body', '', ''),
  message('nothing', '', { kept: octets('\r\n') }),
  message('one empty line', '\r\n'),
  message('a header alone', 'Subject: alone\r\n', { kept: octets('Subject: alone\r\n\r\n') }),
  message('text without header', 'Hello Alice,\r\nhow are you?\r\n', {
    kept: octets('\r\nHello Alice,\r\nhow are you?\r\n'),
  }),
  message('garbage alone', garbage(50_000), { kept: octets(`\r\n${garbage(50_000)}`) }),
  message('a mailbox file', `From a@mail.example Mon Jan  1 00:00:00 2024\r\nSubject: x\r\n\r\n${line}`, {
    kept: octets(`Subject: x\r\n\r\n${line}`),
  }),
  withFields('bare line ends', '', 'a\nb\rc\n\rd\r\r\n'),
];
