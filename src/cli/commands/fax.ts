import type { CallDetail, CallView, LineView } from '../../admin/admin-api.ts';
import { type Command, choiceOption, numberOption, textOption } from '../command.ts';
import { localTime, printable, table } from '../table.ts';

function callRow(call: CallView): string[] {
  return [
    call.id,
    localTime(call.at),
    call.line,
    call.direction === 'out' ? 'sent to' : 'received from',
    call.number || 'unknown',
    printable(call.station),
    String(call.pages),
    call.result,
  ];
}

function callText(call: CallDetail): string {
  const facts: [string, string][] = [
    ['Call', call.id],
    ['Time', localTime(call.at)],
    ['Line', call.line],
    [call.direction === 'out' ? 'Sent to' : 'Received from', call.number || 'unknown number'],
    ['Far station', call.station || '(said no name)'],
    ['Pages', String(call.pages)],
    ['Speed', call.bitRate ? `${call.bitRate} bit/s, ${call.resolution}` : '(not agreed on)'],
    ['Duration', `${call.durationSeconds} s`],
    ['Result', `${call.result}${call.hangupCode ? ` (hang-up code ${call.hangupCode})` : ''}`],
    ['', call.text],
    ['Message', call.message || '(none)'],
  ];
  const head = facts.map(([name, value]) => `${`${name}:`.padEnd(15).replace(/^:/, ' ')}${value}\n`).join('');
  const files = call.pageFiles.map((file) => `               ${file}\n`).join('');
  return printable(`${head}${files}\n${call.transcript}`);
}

const pausedWords = { no: '', sending: 'paused: sends nothing', all: 'paused: sends and answers nothing' } as const;

function linesText(lines: readonly LineView[]): string {
  if (lines.length === 0) return 'There is no fax line. Look for modems: caselli line find\n';
  return table(
    ['LINE', 'NUMBER', 'PORT', 'STATE', 'MODEM'],
    lines.map(({ id, number, port, state, modem, fault, paused }) => [
      id,
      number,
      port,
      [fault || state, pausedWords[paused]].filter(Boolean).join('; '),
      modem,
    ]),
  );
}

export const faxCommands: readonly Command[] = [
  {
    name: 'fax lines',
    usage: '',
    summary: 'list the fax lines and what they do now',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).faxLines(), linesText);
      return 0;
    },
  },
  {
    name: 'fax pause',
    usage: '[LINE] [--no-answer]',
    summary: 'let sending wait on a line, or on all; with --no-answer calls are not answered either',
    options: { 'no-answer': { type: 'boolean' } },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const answer = call.options['no-answer'] !== true;
      call.report(await (await call.api()).faxPause({ line: call.arguments[0] ?? '', answer }), linesText);
      return 0;
    },
  },
  {
    name: 'fax resume',
    usage: '[LINE]',
    summary: 'let a paused line go on, or all',
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).faxResume({ line: call.arguments[0] ?? '' }), linesText);
      return 0;
    },
  },
  {
    name: 'fax calls',
    usage: '[--limit N] [--line ID] [--direction in|out]',
    summary: 'list the last calls',
    options: { limit: { type: 'string' }, line: { type: 'string' }, direction: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const filter = {
        limit: numberOption(call, 'limit', 50),
        line: textOption(call, 'line'),
        direction: choiceOption(call, 'direction', ['in', 'out']),
      };
      call.report(await (await call.api()).faxCalls(filter), (calls: readonly CallView[]) =>
        calls.length === 0
          ? 'There were no calls yet.\n'
          : table(['CALL', 'TIME', 'LINE', 'DIRECTION', 'NUMBER', 'STATION', 'PAGES', 'RESULT'], calls.map(callRow)),
      );
      return 0;
    },
  },
  {
    name: 'fax show',
    usage: 'CALL',
    summary: 'show one call with its modem dialogue',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).faxShow({ id: call.arguments[0]! }), callText);
      return 0;
    },
  },
];
