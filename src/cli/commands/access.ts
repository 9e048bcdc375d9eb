import { exitCodes } from '../../admin/admin-api.ts';
import type { AuditCheckView, AuditEntryView, SessionView } from '../../admin/views/access-views.ts';
import { type Command, numberOption, textOption, UsageError } from '../command.ts';
import { localTime, printable, table } from '../table.ts';

const nothing = { min: 0, max: 0 } as const;
const auditLines = 50;

function auditText(entries: readonly AuditEntryView[]): string {
  if (entries.length === 0) return 'The audit log has no such entry.\n';
  const rows = entries.map(({ n, at, via, account, remote, action, subject, details, failed }) => [
    String(n),
    localTime(at),
    account || via,
    remote,
    [action, subject].filter(Boolean).join(' '),
    [...details, ...(failed ? [`not done: ${failed}`] : [])].join('; '),
  ]);
  return printable(table(['N', 'TIME', 'WHO', 'FROM', 'WHAT', 'DETAILS'], rows));
}

function checkText({ entries, first, problem }: AuditCheckView): string {
  if (problem) return `The audit log was tampered with: ${problem}.\n`;
  return entries === 0
    ? 'The audit log is empty.\n'
    : `The audit log is as it was written: entries ${first} to ${first + entries - 1}.\n`;
}

/** Second factors, sessions of the panel, audit log. */
export const accessCommands: readonly Command[] = [
  {
    name: 'session list',
    usage: '',
    summary: 'list who is logged in to the panel',
    arguments: nothing,
    reports: true,
    async run(call) {
      call.report(await (await call.api()).sessionList(), (sessions: readonly SessionView[]) =>
        printable(
          table(
            ['ID', 'WHO', 'FROM', 'WITH', 'SINCE', 'LAST USED'],
            sessions.map(({ id, account, remote, how, since, usedAt }) => [
              id,
              account || 'administrator',
              remote,
              how,
              localTime(since),
              localTime(usedAt),
            ]),
          ),
        ),
      );
      return 0;
    },
  },
  {
    name: 'session end',
    usage: 'ID',
    summary: 'log somebody out of the panel',
    arguments: { min: 1, max: 1 },
    async run(call) {
      await (await call.api()).sessionEnd({ id: call.arguments[0]! });
      call.terminal.out('The session is over.\n');
      return 0;
    },
  },
  {
    name: 'system second-factor reset',
    usage: '[ADDRESS]',
    summary: 'take away the second factors of somebody who lost them',
    help: 'Without an address: those of the administrator of the box.\n',
    arguments: { min: 0, max: 1 },
    async run(call) {
      const [address = ''] = call.arguments;
      await (await call.api()).secondFactorReset({ address });
      call.terminal.out(`${address || 'The administrator of the box'} logs in with the password alone now.\n`);
      return 0;
    },
  },
  {
    name: 'system audit',
    usage: '[--search TEXT] [--limit N] [--before N] [--check | --csv]',
    summary: 'show who did what',
    help: '--check tells whether the log is as it was written; --csv prints all of it for a spreadsheet.\n',
    options: {
      search: { type: 'string' },
      limit: { type: 'string' },
      before: { type: 'string' },
      check: { type: 'boolean' },
      csv: { type: 'boolean' },
    },
    arguments: nothing,
    reports: true,
    async run(call) {
      const api = await call.api();
      const text = textOption(call, 'search');
      if (call.options.check && call.options.csv) throw new UsageError('--check and --csv are two things');
      if (call.options.csv) {
        await api.auditExport({ text }, (chunk) => call.terminal.out(chunk));
        return 0;
      }
      if (call.options.check) {
        const found = await api.auditCheck();
        call.report(found, checkText);
        return found.problem === '' ? 0 : exitCodes.data;
      }
      const limit = numberOption(call, 'limit', auditLines);
      call.report(await api.auditLog({ text, before: numberOption(call, 'before', 0), limit }), auditText);
      return 0;
    },
  },
];
