import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SendingDetail, SendingView } from '../../admin/views/desk-views.ts';
import { plural } from '../../lib/words.ts';
import { type Call, type Command, numberOption, textOption, timeArgument, UsageError } from '../command.ts';
import { localTime, printable, table } from '../table.ts';

function many(call: Call, name: string): readonly string[] {
  return ((call.options[name] as readonly string[] | undefined) ?? []).map(String);
}

function progress({ waiting, sending, sent, failed, cancelled }: SendingView): string {
  const parts = { sent, 'under way': sending, waiting, failed, cancelled };
  return Object.entries(parts)
    .flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []))
    .join(', ');
}

function listText(sendings: readonly SendingView[]): string {
  if (sendings.length === 0) return 'No fax was sent from the panel or with caselli fax send yet.\n';
  const rows = sendings.map((one) =>
    [one.id, localTime(one.notBefore || one.createdAt), one.sender, one.to, one.subject, progress(one)].map(printable),
  );
  return table(['FAX', 'TIME', 'FROM', 'TO', 'SUBJECT', 'STATE'], rows);
}

function detailText(sending: SendingDetail): string {
  const rows = sending.recipients.map(({ number, name, dialled, state, text, nextAttempt }) =>
    [number, name, dialled, state, nextAttempt ? `again ${localTime(nextAttempt)}: ${text}` : text].map(printable),
  );
  return `${listText([sending])}\n${table(['NUMBER', 'NAME', 'DIALLED', 'STATE', ''], rows)}`;
}

const id = (call: Call) => ({ account: '', id: call.arguments[0]! });

export const faxSendCommands: readonly Command[] = [
  {
    name: 'fax send',
    usage:
      '--to NUMBER… [--group NAME]… [--from ADDRESS] [--subject TEXT] [--text TEXT] [--at TIME] [--no-cover] [--low-resolution] [--report] [FILE…]',
    summary: 'send files as a fax, to one number or many',
    help: 'Without --from the postmaster is the sender. TIME is a local time such as 2031-12-24T18:00.\n',
    options: {
      to: { type: 'string', multiple: true },
      group: { type: 'string', multiple: true },
      from: { type: 'string' },
      subject: { type: 'string' },
      text: { type: 'string' },
      at: { type: 'string' },
      'no-cover': { type: 'boolean' },
      'low-resolution': { type: 'boolean' },
      report: { type: 'boolean' },
    },
    arguments: { min: 0, max: 50 },
    reports: true,
    async run(call) {
      const [numbers, groups] = [many(call, 'to'), many(call, 'group')];
      if (numbers.length + groups.length === 0) throw new UsageError('say to which number: --to NUMBER');
      for (const file of call.arguments)
        await stat(file).catch(() => Promise.reject(new UsageError(`${file} cannot be read`)));
      const at = textOption(call, 'at');
      const when = at === '' ? '' : timeArgument(at);
      const api = await call.api();
      const others = numbers.map((number) => ({ number, name: '' }));
      const found = await api.faxRecipients({ account: '', text: '', entries: [], groups, others });
      const [problem] = found.problems;
      if (problem) throw new UsageError(`nothing was sent: ${problem.text}: ${problem.problem}`);
      let { id: draft } = await api.faxDraft({ account: '' });
      for (const file of call.arguments) {
        const what = { account: '', draft, name: basename(file), type: '' };
        draft = (await api.faxUpload(what, createReadStream(file))).id;
      }
      const sent = await api.faxSend({
        account: '',
        draft,
        sender: textOption(call, 'from'),
        letter: {
          subject: textOption(call, 'subject'),
          text: textOption(call, 'text'),
          cover: call.options['no-cover'] !== true,
          resolution: call.options['low-resolution'] === true ? 'normal' : 'fine',
        },
        at: when,
        recipients: found.recipients.map(({ number, name }) => ({ number, name })),
        report: call.options.report === true,
      });
      const to = plural(found.recipients.length, 'number');
      call.report(sent, () => `The fax goes to ${to}. How far it is: caselli fax broadcast ${sent.id}\n`);
      return 0;
    },
  },
  {
    name: 'fax broadcasts',
    usage: '[--of ADDRESS] [--limit N]',
    summary: 'list the faxes that were sent from the panel and with fax send',
    options: { of: { type: 'string' }, limit: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const what = { account: textOption(call, 'of'), limit: numberOption(call, 'limit', 50) };
      call.report(await (await call.api()).faxSendings(what), listText);
      return 0;
    },
  },
  {
    name: 'fax broadcast',
    usage: 'FAX',
    summary: 'show one of them, number by number',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).faxSending(id(call)), detailText);
      return 0;
    },
  },
  {
    name: 'fax broadcast-retry',
    usage: 'FAX',
    summary: 'try the numbers of it that failed again',
    arguments: { min: 1, max: 1 },
    async run(call) {
      const { recipients } = await (await call.api()).faxSendingRetry(id(call));
      call.terminal.out(`${plural(recipients, 'number')} ${recipients === 1 ? 'is' : 'are'} tried again.\n`);
      return 0;
    },
  },
  {
    name: 'fax broadcast-cancel',
    usage: 'FAX',
    summary: 'do not send what is not sent yet',
    arguments: { min: 1, max: 1 },
    async run(call) {
      await (await call.api()).faxSendingCancel(id(call));
      call.terminal.out('What is not sent yet is not sent.\n');
      return 0;
    },
  },
  {
    name: 'fax broadcast-schedule',
    usage: 'FAX [TIME]',
    summary: 'send it at another time, or now when none is given',
    arguments: { min: 1, max: 2 },
    async run(call) {
      const [, time = ''] = call.arguments;
      const at = time === '' ? '' : timeArgument(time);
      await (await call.api()).faxSendingSchedule({ ...id(call), at });
      call.terminal.out(at ? `It is sent at ${localTime(at)}.\n` : 'It is sent now.\n');
      return 0;
    },
  },
];
