import { formatDate } from './date.ts';
import type { DeliveryReport, ReportedRecipient } from './report.ts';

/**
 * The part of a delivery report that people read: for each recipient what happened, why, and what to do next, in words
 * that need no knowledge of mail.
 */
export function reportText(report: DeliveryReport, subject: string): string {
  const lines = [
    ...wrap(opening(report)),
    '',
    ...(subject === '' ? [] : wrap(`Subject:  ${subject}`, '  ', '            ')),
    `  Received: ${formatDate(report.arrivalDate)}`,
    '',
  ];
  for (const { action, title } of sections) {
    const those = report.recipients.filter((one) => one.action === action);
    if (those.length === 0) continue;
    lines.push(title, '');
    for (const recipient of those) lines.push(...recipientText(recipient, report.toSender !== false), '');
  }
  lines.push(...wrap(`This message was made by the mail service of ${report.reportingMta}. ${returned(report)}`));
  return `${lines.join('\n')}\n`;
}

const sections: readonly { readonly action: ReportedRecipient['action']; readonly title: string }[] = [
  { action: 'failed', title: 'NOT DELIVERED' },
  { action: 'delayed', title: 'STILL WAITING' },
  { action: 'delivered', title: 'DELIVERED' },
  { action: 'relayed', title: 'HANDED ON' },
  { action: 'expanded', title: 'DISTRIBUTED' },
];

function opening(report: DeliveryReport): string {
  if (report.toSender === false) {
    return 'A message could not be delivered, and it has no sender who could be told. It was most likely a report that some other message could not be delivered.';
  }
  const actions = new Set(report.recipients.map((one) => one.action));
  if (actions.has('failed')) {
    return report.recipients.length === 1
      ? 'Your message could not be delivered.'
      : 'Your message could not be delivered to everyone it was sent to.';
  }
  if (actions.has('delayed')) return 'Your message has not been delivered yet. You need not send it again.';
  return 'You asked to be told when your message was delivered. It was.';
}

function returned(report: DeliveryReport): string {
  const message = report.toSender === false ? 'The message' : 'Your message';
  return report.returned === 'full' ? `${message} is attached.` : `${message} is not attached, only its header.`;
}

/** @param toSender the reader wrote the message, and can do something about it. */
function recipientText(recipient: ReportedRecipient, toSender: boolean): string[] {
  const said = recipient.diagnostic?.replace(/^[a-z0-9-]+\s*;\s*/i, '');
  const from = recipient.remoteMta?.replace(/^[a-z0-9-]+\s*;\s*/i, '');
  return [
    ...wrap(recipient.label ?? recipient.address, '  ', '  '),
    ...wrap(recipient.text, '    ', '    '),
    ...(toSender ? wrap(recipient.next ?? nextStep(recipient), '    ', '    ') : []),
    ...(said ? wrap(`${from ? `${from} answered` : 'The answer was'}: ${said}`, '    ', '      ') : []),
  ];
}

/** What the sender can do, by the enhanced status code (RFC 3463). */
function nextStep({ action, status, willRetryUntil }: ReportedRecipient): string {
  if (action === 'delayed') {
    const until = willRetryUntil === undefined ? '' : ` until ${formatDate(willRetryUntil)}`;
    return `It is tried again${until}. You will be told if it cannot be delivered; there is nothing to do now.`;
  }
  if (action === 'relayed')
    return 'The receiving system does not send reports of its own, so nothing more will be heard.';
  if (action === 'expanded') return 'It was passed on to the members of this address.';
  if (action === 'delivered') return '';
  const detail = status.replace(/^\d\./, '');
  return (
    advice.find(([pattern]) => pattern.test(detail))?.[1] ??
    'Try again later. If it fails again, show this message to your administrator.'
  );
}

const advice: readonly (readonly [RegExp, string])[] = [
  [/^1\.(1|2|3|10)$/, 'Check the address for typing mistakes, correct it, and send the message again.'],
  [/^1\.6$/, 'The recipient has moved. Ask for the new address and send the message there.'],
  [/^2\.1$/, 'The mailbox is switched off. Reach the recipient in another way.'],
  [/^2\.2$/, 'The mailbox is full. Ask the recipient to make room, then send the message again.'],
  [/^(2\.3|3\.4)$/, 'The message is too large. Send its attachments in smaller pieces, or in another way.'],
  [/^4\.6$/, 'The message went in a circle. Show this message to your administrator.'],
  [/^4\./, 'The other side could not be reached. Check the address, and send the message again later.'],
  [/^6\./, 'Save the attachment in another form, for instance as PDF, and send the message again.'],
  [/^7\./, 'The message was not allowed. Ask the recipient or your administrator for the reason.'],
];

const maxColumns = 76;
/** Longest text taken from outside, such as another server's answer. */
const maxTextCharacters = 2000;

/** Breaks text at spaces; the first line begins with `first`, others with `rest`. Empty text has no lines. */
function wrap(text: string, first = '', rest = ''): string[] {
  const words = text
    .slice(0, maxTextCharacters)
    .split(/\s+/)
    .filter((word) => word !== '');
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined) lines.push(`${first}${word}`);
    else if (line.length + 1 + word.length > maxColumns) lines.push(`${rest}${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
