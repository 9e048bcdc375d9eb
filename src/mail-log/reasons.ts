/** Enhanced status codes (RFC 3463 §3) in words that an office uses: subject and detail, whatever the class. */

const mail: Readonly<Record<string, string>> = {
  '0.0': 'No reason given, or cancelled',
  '1.0': 'Address not right',
  '1.1': 'No such mailbox',
  '1.2': 'No such domain',
  '1.3': 'Not written as an address',
  '1.6': 'The mailbox has moved',
  '1.8': 'Sender not known there',
  '1.10': 'The domain takes no mail',
  '2.0': 'Trouble with the mailbox',
  '2.1': 'Mailbox switched off',
  '2.2': 'Mailbox full',
  '2.3': 'Message too long for the mailbox',
  '2.4': 'Mailing list cannot be expanded',
  '3.0': 'Trouble of a mail server',
  '3.1': 'Disk full',
  '3.2': 'Mail server takes no mail at the moment',
  '3.4': 'Message too large',
  '3.5': 'Mail server not set up for it',
  '4.0': 'Trouble on the network',
  '4.1': 'No answer from the other mail server',
  '4.2': 'Connection broke off',
  '4.3': 'Names could not be looked up',
  '4.4': 'No way to the domain found',
  '4.5': 'Mail server overloaded',
  '4.6': 'Message goes in a circle',
  '4.7': 'Time ran out',
  '5.0': 'Misunderstanding between mail servers',
  '5.1': 'Command not understood',
  '5.2': 'Command not understood',
  '5.3': 'Too many recipients',
  '5.4': 'Command not understood',
  '6.0': 'Content not taken',
  '6.1': 'Content not taken',
  '6.3': 'Content had to be converted',
  '6.7': 'Address with letters that the other side does not take',
  '7.0': 'Refused by a rule',
  '7.1': 'Not allowed to send there',
  '7.5': 'No safe connection',
  '7.8': 'Name or password wrong',
  '7.11': 'Encryption needed',
};

/** What the fax agent means by them. */
const fax: Readonly<Record<string, string>> = {
  '0.0': 'Cancelled',
  '1.3': 'Number not allowed',
  '3.0': 'Trouble with modem or telephone line',
  '3.2': 'No line free, or stopped by this box',
  '4.0': 'Number refused by the exchange',
  '4.1': 'Busy, no answer, or no fax machine',
  '4.2': 'Line broke off, or was too poor',
  '4.7': 'Time ran out',
  '5.0': 'Fax machines did not agree',
  '6.1': 'No document that can be faxed',
  '6.3': 'Pages not taken by the other machine',
};

/** @param name as `tally.ts` counts: `mail 5.1.1`, `fax 4.4.1`. */
export function reasonText(name: string): string {
  const [kind, status = ''] = name.split(' ');
  const detail = status.split('.').slice(1).join('.');
  const known = kind === 'fax' ? (fax[detail] ?? mail[detail]) : mail[detail];
  return known ?? mail[`${detail.split('.')[0]}.0`] ?? 'Another reason';
}
