import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  AdminError,
  type DialInView,
  exitCodes,
  type ReceivedView,
  type SubscriberView,
} from '../../admin/admin-api.ts';
import { plural } from '../../lib/words.ts';
import { type Command, textOption, UsageError } from '../command.ts';
import { localTime, printable, table } from '../table.ts';

function receivedText(faxes: readonly ReceivedView[]): string {
  if (faxes.length === 0) return 'Nothing was received there yet.\n';
  return faxes
    .map(({ at, from, result, pages }) => {
      const files = pages
        .map((page) => `    ${page.file}  ${page.width} × ${page.height}, ${page.resolution}\n`)
        .join('');
      return printable(
        `${localTime(at)}  from ${from || 'unknown'}  ${plural(pages.length, 'page')}  ${result}\n${files}`,
      );
    })
    .join('');
}

export const exchangeCommands: readonly Command[] = [
  {
    name: 'exchange list',
    usage: '',
    summary: 'list the numbers of the simulated telephone exchange',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).exchangeList(), (subscribers: readonly SubscriberView[]) =>
        table(
          ['NUMBER', 'KIND', 'STATION', 'BEHAVIOUR', 'STATE'],
          subscribers.map(({ number, kind, station, behaviour, state }) => [number, kind, station, behaviour, state]),
        ),
      );
      return 0;
    },
  },
  {
    name: 'exchange dial-in',
    usage: '--from NUMBER --to NUMBER FILE…',
    summary: 'let a far station send a PDF, TIFF or picture to the box',
    options: { from: { type: 'string' }, to: { type: 'string' } },
    arguments: { min: 1, max: 100 },
    reports: true,
    async run(call) {
      const [from, to] = [textOption(call, 'from'), textOption(call, 'to')];
      if (!from || !to) throw new UsageError('--from and --to are needed');
      const files = call.arguments.map((file) => resolve(file));
      for (const file of files) {
        await access(file).catch(() => {
          throw new AdminError(exitCodes.noInput, `there is no file ${file}`);
        });
      }
      const answer = await (await call.api()).exchangeDialIn({ from, to, files });
      call.report(
        answer,
        ({ text, pagesConfirmed }: DialInView) => `${text} ${plural(pagesConfirmed, 'page')} confirmed.\n`,
      );
      return answer.result === 'done' ? 0 : exitCodes.tempFail;
    },
  },
  {
    name: 'exchange received',
    usage: 'NUMBER',
    summary: 'list what a far station got, each page a TIFF file',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).exchangeReceived({ number: call.arguments[0]! }), receivedText);
      return 0;
    },
  },
];
