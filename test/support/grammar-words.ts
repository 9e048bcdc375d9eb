import fc from 'fast-check';

/** Pieces that IMAP commands are made of, so that chance gets far into the grammar. */
const words = [
  ...['CAPABILITY', 'NOOP', 'SELECT INBOX', 'EXAMINE INBOX', 'CREATE', 'DELETE', 'RENAME', 'SUBSCRIBE', 'LIST', 'LSUB'],
  ...['STATUS INBOX', 'APPEND', 'EXPUNGE', 'SEARCH', 'UID SEARCH', 'FETCH', 'UID FETCH', 'STORE', 'UID STORE', 'COPY'],
  ...['MOVE', 'UID', 'ENABLE UTF8=ACCEPT', 'ID', 'CLOSE', 'NAMESPACE', 'LOGIN', 'AUTHENTICATE PLAIN ='],
  ...['(', ')', ' ', '  ', '"', '\\', '\\Seen', '1:*', '1', '*', '2,4', 'BODY[', 'BODY.PEEK[', ']', '<0.5>', 'HEADER'],
  ...[
    'HEADER.FIELDS (Subject)',
    'TEXT',
    'MIME',
    '1.2.',
    'RFC822',
    'ALL',
    'OR',
    'NOT',
    'SINCE 1-Feb-2026',
    'CHARSET UTF-8',
  ],
  ...['RETURN (COUNT)', 'STATUS', '(MESSAGES)', 'FLAGS', '+FLAGS.SILENT', 'INBOX', 'Sent', '&AOQ-', 'NIL', '""'],
  ...[
    '{3+}\r\nabc',
    '{0+}\r\n',
    '{4}\r\n',
    '{99999999999}',
    '\x00',
    '\xff',
    '%',
    '"x"',
    'UTF8 (~{1+}\r\nx)',
    '(FLAGS)',
  ],
  ...['KEYWORD a', 'LARGER 5', '9999999999999999999', 'BODY[]', 'BODYSTRUCTURE', 'ENVELOPE', 'TEXT needle', 'BODY "e"'],
];

/** One IMAP command, more or less, with the tag `a`. */
export const imapCommandText: fc.Arbitrary<string> = fc
  .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...words) }, fc.string({ maxLength: 5 })), { maxLength: 15 })
  .map(
    (all) =>
      `a ${all.join(' ').replaceAll('( ', '(').replaceAll(' )', ')').replaceAll('[ ', '[').replaceAll(' ]', ']')}\r\n`,
  );

/** The octets of a text, whole, and cut into chunks by chance. */
export function chunked(text: fc.Arbitrary<string>): fc.Arbitrary<{ whole: Buffer; chunks: Buffer[] }> {
  return fc
    .tuple(text, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 }))
    .map(([one, cuts]) => {
      const whole = Buffer.from(one, 'latin1');
      const chunks: Buffer[] = [];
      for (let at = 0, turn = 0; at < whole.length; turn++) {
        const end = at + cuts[turn % cuts.length]!;
        chunks.push(whole.subarray(at, end));
        at = end;
      }
      return { whole, chunks };
    });
}
