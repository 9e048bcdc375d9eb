import type { MemoryStore } from './memory-store.ts';

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

/** The mail that conversations in `test/transcripts` find in alice's INBOX. */
export const officeMail: readonly { readonly text: string; readonly flags: readonly string[]; readonly at: number }[] =
  [
    {
      flags: ['\\Seen'],
      at: Date.UTC(2026, 0, 5, 9),
      text: lines(
        'From: Bob <bob@office.test>',
        'To: alice@office.test, Carol <carol@office.test>',
        'Subject: Lunch',
        'Date: Mon, 05 Jan 2026 09:00:00 +0100',
        'Message-ID: <lunch@office.test>',
        '',
        'Soup today.',
        '.dotted line',
      ),
    },
    {
      flags: [],
      at: Date.UTC(2026, 0, 6, 10, 30),
      text: lines(
        'From: =?utf-8?Q?Zo=C3=AB?= <zoe@elsewhere.example>',
        'To: alice@office.test',
        'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
        'Date: Tue, 06 Jan 2026 11:30:00 +0100',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary=b1',
        '',
        'preamble',
        '--b1',
        'Content-Type: text/plain; charset=iso-8859-1',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        'Die Stra=DFe ist lang.',
        '--b1',
        'Content-Type: application/pdf; name="plan.pdf"',
        'Content-Disposition: attachment; filename="plan.pdf"',
        'Content-Transfer-Encoding: base64',
        '',
        'JVBERi0xLjQK',
        '--b1--',
      ),
    },
    {
      flags: ['\\Flagged', 'work'],
      at: Date.UTC(2026, 0, 7, 8),
      text: lines(
        'From: bob@office.test',
        'To: alice@office.test',
        'Subject: Fwd: report',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary=out',
        '',
        '--out',
        '',
        'See below.',
        '--out',
        'Content-Type: message/rfc822',
        '',
        'From: dave@elsewhere.example',
        'Subject: report',
        'Content-Type: multipart/alternative; boundary=in',
        '',
        '--in',
        '',
        'plain needle',
        '--in',
        'Content-Type: text/html',
        '',
        '<b>html</b>',
        '--in--',
        '--out--',
      ),
    },
  ];

export async function fillOffice(store: MemoryStore, account: string): Promise<void> {
  const mailbox = await store.open(account);
  for (const name of ['Sent', 'Projects.Fax', 'Entwürfe']) await mailbox.create(name);
  await mailbox.subscribe('Sent', true);
  await mailbox.subscribe('Projects.Fax', true);
  const inbox = await mailbox.folder('INBOX');
  for (const { text, flags, at } of officeMail) await inbox!.append(text, { flags, internalDate: at });
  mailbox.release();
}
