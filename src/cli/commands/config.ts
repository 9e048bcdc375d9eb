import { type AdminApi, AdminError, exitCodes } from '../../admin/admin-api.ts';
import type { ConfigFormer } from '../../admin/views/config-views.ts';
import type { ConfigProblem } from '../../config/schema.ts';
import { type Command, UsageError } from '../command.ts';
import { localTime, table } from '../table.ts';

/** JSON where it is JSON (numbers, true, lists, "text"), else the text itself. */
function settingFrom(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What looks like a number may be meant as text: a telephone number, or a time span in seconds. */
async function setTo(api: AdminApi, path: string, text: string): Promise<{ readonly version: number }> {
  const value = settingFrom(text);
  try {
    return await api.configSet({ path, value, reset: false });
  } catch (error) {
    if (typeof value !== 'number' || !(error instanceof AdminError && error.exitCode === exitCodes.data)) throw error;
    return api.configSet({ path, value: text, reset: false }).catch(() => {
      throw error;
    });
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The number after `config undo`. @throws UsageError */
function versionFrom(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('VERSION is a number of caselli config history');
  return Number(text);
}

export const configCommands: readonly Command[] = [
  {
    name: 'config get',
    usage: '[PATH]',
    summary: 'show settings in force, all or below a path such as smtp.submission',
    help: 'Time spans are in milliseconds and sizes in bytes here; config show has them as written.\n',
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).configGet({ path: call.arguments[0] ?? '' }), (value) =>
        typeof value === 'string' ? `${value}\n` : json(value),
      );
      return 0;
    },
  },
  {
    name: 'config set',
    usage: 'PATH VALUE | PATH --default',
    summary: 'change a setting; checked whole, applied at once, the former version is kept',
    help: 'VALUE is JSON or plain text: caselli config set queue.queueTime 3d\n',
    options: { default: { type: 'boolean' } },
    arguments: { min: 1, max: 2 },
    async run(call) {
      const [path, text] = call.arguments as [string, string?];
      const reset = call.options.default === true;
      if (reset === (text !== undefined)) throw new UsageError('say either a value or --default');
      const { version } = await (reset
        ? (await call.api()).configSet({ path, value: null, reset })
        : setTo(await call.api(), path, text!));
      call.terminal.out(`${path} was ${reset ? 'returned to its default' : 'set'} (version ${version}).\n`);
      return 0;
    },
  },
  {
    name: 'config show',
    usage: '',
    summary: 'show config.json as written',
    help: 'With --json also everything in force.\n',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).configShow(), ({ document }: { document: unknown }) => json(document));
      return 0;
    },
  },
  {
    name: 'config history',
    usage: '',
    summary: 'list former settings and in what they differ',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).configHistory(), (former: readonly ConfigFormer[]) =>
        former.length === 0
          ? 'The settings were not changed yet.\n'
          : table(
              ['VERSION', 'IN FORCE UNTIL', 'DIFFERS IN'],
              former.map(({ version, until, changes }) => [String(version), localTime(until), changes.join(', ')]),
            ),
      );
      return 0;
    },
  },
  {
    name: 'config undo',
    usage: 'VERSION',
    summary: 'go back to former settings, all of them; those of today are kept',
    arguments: { min: 1, max: 1 },
    async run(call) {
      const former = versionFrom(call.arguments[0]!);
      const { version } = await (await call.api()).configUndo({ version: former });
      call.terminal.out(`The settings are those of version ${former} again (version ${version}).\n`);
      return 0;
    },
  },
  {
    name: 'config check',
    usage: '',
    summary: 'check config.json as it stands on disk',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const problems = await (await call.api()).configCheck();
      call.report(problems, (found: readonly ConfigProblem[]) =>
        found.length === 0
          ? 'config.json is valid.\n'
          : table(
              ['SETTING', 'PROBLEM'],
              found.map(({ path, message }) => [path, message]),
            ),
      );
      return problems.length === 0 ? 0 : exitCodes.config;
    },
  },
];
