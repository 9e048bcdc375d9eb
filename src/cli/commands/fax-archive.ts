import type { AdminApi, FaxInfo, FaxView } from '../../admin/admin-api.ts';
import { type Call, type Command, choiceOption, numberOption, textOption, UsageError } from '../command.ts';
import { toOutput } from '../output-file.ts';
import { localTime, printable, sizeText, table } from '../table.ts';

/** On the command line there is nobody whose faxes they must be. */
const account = '';
const states = ['under-way', 'sent', 'failed', 'received', 'partial'] as const;

function faxRow(fax: FaxView): string[] {
  const { id, at, direction, number, station, people, pages, confirmed, state } = fax;
  return [
    id,
    localTime(at),
    direction === 'out' ? 'to' : 'from',
    printable([number || 'unknown', station].filter(Boolean).join(' ')),
    printable(people.join(' ')),
    confirmed === pages ? String(pages) : `${confirmed}/${pages}`,
    state,
  ];
}

function faxText(fax: FaxInfo): string {
  const out = fax.direction === 'out';
  const facts: [string, string][] = [
    ['Fax', fax.id],
    [out ? 'Handed in' : 'Received', localTime(fax.at)],
    [out ? 'To' : 'From', [fax.number || 'unknown number', fax.station].filter(Boolean).join(', ')],
    [out ? 'Sender' : 'Delivered to', fax.people.join(', ')],
    ['Subject', fax.subject],
    ['State', fax.state],
    ['', fax.text],
    ['Pages', out ? `${fax.confirmed} of ${fax.pages || '?'} confirmed` : String(fax.pages)],
    ['Speed', fax.bitRate ? `${fax.bitRate} bit/s` : ''],
    ['Duration', `${fax.durationSeconds} s`],
    ['Next call', localTime(fax.nextAttempt)],
    ['Ended', localTime(fax.endedAt)],
    ['Size', sizeText(fax.sizeBytes)],
    ['Message', fax.message],
  ];
  const head = facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${`${name}:`.padEnd(15).replace(/^:/, ' ')}${value}\n`)
    .join('');
  const calls = fax.calls.map(({ id, at, result, text }) => [id, localTime(at), result, text]);
  return printable(`${head}${calls.length === 0 ? '' : `\n${table(['CALL', 'TIME', 'RESULT', ''], calls)}`}`);
}

/** A verb that does one thing with one fax. */
function doing(
  name: string,
  summary: string,
  run: (api: AdminApi, id: string, call: Call) => Promise<unknown>,
  more: Pick<Command, 'options' | 'help'> & { usage?: string; max?: number } = {},
): Command {
  const { usage = 'FAX', max = 1, ...rest } = more;
  return {
    name,
    usage,
    summary,
    ...rest,
    arguments: { min: max, max },
    reports: true,
    async run(call) {
      const result = (await run(await call.api(), call.arguments[0]!, call)) ?? {};
      call.report(result, (told: { readonly message?: string }) => (told.message ? `message ${told.message}\n` : ''));
      return 0;
    },
  };
}

/** Octets to a file, or to standard output. */
async function handOut(call: Call, make: Parameters<typeof toOutput>[2]): Promise<number> {
  const out = textOption(call, 'out');
  if (out === '' && process.stdout.isTTY) throw new UsageError('say where it goes: --out FILE');
  await toOutput(call, out, make);
  return 0;
}

const outOption = { out: { type: 'string' } } as const;
const outHelp = 'To standard output without --out.\n';

export const faxArchiveCommands: readonly Command[] = [
  {
    name: 'fax list',
    usage: '[TEXT] [--direction in|out] [--state STATE] [--account ADDRESS] [--since DAY] [--until DAY] [--limit N]',
    summary: 'list the faxes sent, received and under way',
    help: `TEXT is part of a number, a name, an address, a subject or an id. States: ${states.join(', ')}. Days are as 2026-01-31.\n`,
    options: {
      direction: { type: 'string' },
      state: { type: 'string' },
      account: { type: 'string' },
      since: { type: 'string' },
      until: { type: 'string' },
      before: { type: 'string' },
      limit: { type: 'string' },
    },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const filter = {
        account: textOption(call, 'account'),
        text: call.arguments[0] ?? '',
        direction: choiceOption(call, 'direction', ['in', 'out']),
        state: choiceOption(call, 'state', states),
        since: textOption(call, 'since'),
        until: textOption(call, 'until'),
        before: textOption(call, 'before'),
        limit: numberOption(call, 'limit', 50),
      };
      call.report(await (await call.api()).faxList(filter), (faxes: readonly FaxView[]) =>
        faxes.length === 0
          ? 'There are no such faxes.\n'
          : table(['FAX', 'TIME', '', 'NUMBER', 'PEOPLE', 'PAGES', 'STATE'], faxes.map(faxRow)),
      );
      return 0;
    },
  },
  {
    name: 'fax info',
    usage: 'FAX',
    summary: 'show one fax with its calls',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).faxInfo({ id: call.arguments[0]!, account }), faxText);
      return 0;
    },
  },
  {
    name: 'fax pdf',
    usage: 'FAX [--out FILE]',
    summary: 'write a fax as PDF',
    help: outHelp,
    options: outOption,
    arguments: { min: 1, max: 1 },
    async run(call) {
      const api = await call.api();
      return handOut(call, (output) => api.faxPdf({ id: call.arguments[0]!, account }, output));
    },
  },
  {
    name: 'fax page',
    usage: 'FAX PAGE [--width PIXELS] [--out FILE]',
    summary: 'write a page of a fax as PNG',
    help: outHelp,
    options: { ...outOption, width: { type: 'string' } },
    arguments: { min: 2, max: 2 },
    async run(call) {
      const api = await call.api();
      const [id, page] = [call.arguments[0]!, Number(call.arguments[1])];
      if (!Number.isInteger(page) || page < 1) throw new UsageError('PAGE is a whole number from 1');
      const widthPx = numberOption(call, 'width', 0);
      return handOut(call, (output) => api.faxPage({ id, account, page, widthPx }, output));
    },
  },
  {
    name: 'fax crossing',
    usage: 'LINE [--width PIXELS] [--out FILE]',
    summary: 'write the page that crosses a line now, as far as it has come, as PNG',
    help: outHelp,
    options: { ...outOption, width: { type: 'string' } },
    arguments: { min: 1, max: 1 },
    async run(call) {
      const api = await call.api();
      const widthPx = numberOption(call, 'width', 0);
      return handOut(call, (output) => api.faxCrossing({ line: call.arguments[0]!, widthPx }, output));
    },
  },
  doing(
    'fax forward',
    'mail a fax as PDF',
    (api, id, call) =>
      api.faxForward({ id, account, to: call.arguments[1]!.split(','), note: textOption(call, 'note') }),
    { usage: 'FAX ADDRESS[,ADDRESS…] [--note TEXT]', max: 2, options: { note: { type: 'string' } } },
  ),
  doing(
    'fax resend',
    'send the pages of a fax once more',
    (api, id, call) => api.faxResend({ id, account, number: textOption(call, 'to') }),
    { usage: 'FAX [--to NUMBER]', options: { to: { type: 'string' } } },
  ),
  doing(
    'fax reroute',
    'deliver a received fax to other people',
    (api, id, call) => api.faxReroute({ id, to: call.arguments[1]!.split(',') }),
    { usage: 'FAX ADDRESS[,ADDRESS…]', max: 2 },
  ),
  doing('fax hold', 'make no call for a fax for now', (api, id) => api.faxHold({ id, account })),
  doing('fax release', 'let a held fax go', (api, id) => api.faxRelease({ id, account })),
  doing('fax retry', 'call for a fax as soon as a line is free', (api, id) => api.faxRetry({ id, account })),
  doing(
    'fax cancel',
    'cancel a fax under way; its sender is told',
    (api, id, call) => api.faxCancel({ id, account, reason: textOption(call, 'reason') }),
    { usage: 'FAX [--reason TEXT]', options: { reason: { type: 'string' } } },
  ),
  doing(
    'fax number',
    'send a fax under way to another number',
    (api, id, call) => api.faxNumber({ id, account, number: call.arguments[1]! }),
    { usage: 'FAX NUMBER', max: 2 },
  ),
  doing('fax remove', 'remove a fax from the archive', (api, id) => api.faxRemove({ id })),
];
