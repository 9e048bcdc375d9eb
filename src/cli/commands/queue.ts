import type { QueueDetail, QueueRecipientView, QueueView } from '../../admin/admin-api.ts';
import { plural } from '../../lib/words.ts';
import { type Command, numberOption, textOption, timeArgument } from '../command.ts';
import { localTime, printable, sizeText } from '../table.ts';

function recipientText({ address, state, attempts, nextAttempt, status, text }: QueueRecipientView): string {
  const next = nextAttempt ? `, next try ${localTime(nextAttempt)}` : '';
  const reason = text ? `\n        ${[status, text].filter(Boolean).join(' ')}` : '';
  const tried = attempts === 0 ? 'not tried yet' : `tried ${plural(attempts, 'time')}`;
  return `    ${address}: ${state}, ${tried}${next}${reason}\n`;
}

function messageText(message: QueueView): string {
  const from = message.reversePath || '<> (a report)';
  const held = message.held ? '  ON HOLD' : '';
  const time = message.notBefore ? `  NOT BEFORE ${localTime(message.notBefore)}` : '';
  const head = `${message.id}  ${localTime(message.acceptedAt)}  ${sizeText(message.sizeBytes)}  ${from}${time}${held}\n`;
  return printable(head + message.recipients.map(recipientText).join(''));
}

export function queueText(messages: readonly QueueView[]): string {
  if (messages.length === 0) return 'The queue is empty.\n';
  return `${messages.map(messageText).join('')}${plural(messages.length, 'message')}.\n`;
}

function detailText(message: QueueDetail): string {
  return `${messageText(message)}    given up at ${localTime(message.expiresAt)}\n\n${printable(message.header)}\n`;
}

export const queueCommands: readonly Command[] = [
  {
    name: 'queue list',
    usage: '[--address TEXT] [--limit N]',
    summary: 'list what waits, why, and when it is tried again',
    options: { address: { type: 'string' }, limit: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const filter = { address: textOption(call, 'address'), limit: numberOption(call, 'limit', 1000) };
      call.report(await (await call.api()).queueList(filter), queueText);
      return 0;
    },
  },
  {
    name: 'queue show',
    usage: 'ID',
    summary: 'show one message with its header',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).queueShow({ id: call.arguments[0]! }), detailText);
      return 0;
    },
  },
  {
    name: 'queue retry',
    usage: '[ID]',
    summary: 'try one message, or all, now',
    arguments: { min: 0, max: 1 },
    async run(call) {
      const { recipients } = await (await call.api()).queueRetry({ id: call.arguments[0] ?? '' });
      call.terminal.out(`${recipients} ${recipients === 1 ? 'recipient is' : 'recipients are'} tried now.\n`);
      return 0;
    },
  },
  {
    name: 'queue hold',
    usage: 'ID',
    summary: 'keep a message without trying it',
    arguments: { min: 1, max: 1 },
    async run(call) {
      await (await call.api()).queueHold({ id: call.arguments[0]! });
      call.terminal.out('The message is on hold.\n');
      return 0;
    },
  },
  {
    name: 'queue release',
    usage: 'ID',
    summary: 'let a held message go on',
    arguments: { min: 1, max: 1 },
    async run(call) {
      await (await call.api()).queueRelease({ id: call.arguments[0]! });
      call.terminal.out('The message goes on.\n');
      return 0;
    },
  },
  {
    name: 'queue cancel',
    usage: 'ID [REASON…]',
    summary: 'give a message up; its sender is told the reason',
    arguments: { min: 1, max: 1000 },
    async run(call) {
      const [id, ...reason] = call.arguments as [string, ...string[]];
      await (await call.api()).queueCancel({ id, reason: reason.join(' ') || 'The administrator cancelled it.' });
      call.terminal.out('The message was cancelled; its sender is told.\n');
      return 0;
    },
  },
  {
    name: 'queue schedule',
    usage: 'ID [TIME]',
    summary: 'send a message at another time, or now when none is given',
    help: 'TIME is a local time such as 2031-12-24T18:00, or one with its zone: 2031-12-24T18:00Z.\n',
    arguments: { min: 1, max: 2 },
    async run(call) {
      const [id, time = ''] = call.arguments as [string, string?];
      const at = time === '' ? '' : timeArgument(time);
      await (await call.api()).queueSchedule({ id, at });
      call.terminal.out(at ? `The message is sent at ${localTime(at)}.\n` : 'The message is sent now.\n');
      return 0;
    },
  },
  {
    name: 'queue reroute',
    usage: 'ID ADDRESS NEW-ADDRESS',
    summary: 'send what waits for one address to another one; nobody is told of a failure',
    help: 'The message waits for ADDRESS, as queue list shows it. Where NEW-ADDRESS leads to: caselli route.\n',
    arguments: { min: 3, max: 3 },
    async run(call) {
      const [id, recipient, to] = call.arguments as [string, string, string];
      await (await call.api()).queueReroute({ id, recipient, to });
      call.terminal.out(`The message goes to ${printable(to)} now.\n`);
      return 0;
    },
  },
  {
    name: 'mailq',
    usage: '',
    summary: 'list the queue (the usual name of queue list)',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).queueList({ address: '', limit: 1000 }), queueText);
      return 0;
    },
  },
];
