import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type AdminApi, AdminError, exitCodes } from '../admin/admin-api.ts';
import { connectAdmin } from './admin-socket.ts';
import { type BoxAccess, type Call, type Command, type Terminal, UsageError } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, generalHelp, nounHelp } from './help.ts';
import { machineTrouble } from './machine-trouble.ts';

/** Runs one command line; resolves with the exit code (sysexits.h). All errors become one line that says what to do. */
export async function runCommandLine(words: readonly string[], box: BoxAccess, terminal: Terminal): Promise<number> {
  try {
    return await dispatch(words, box, terminal);
  } catch (error) {
    if (error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) {
      terminal.error(`caselli: ${usageText(error as Error)}\nHelp: caselli help\n`);
      return exitCodes.usage;
    }
    if (error instanceof AdminError) {
      terminal.error(`caselli: ${error.message}\n`);
      return error.exitCode;
    }
    const trouble = machineTrouble(error);
    if (trouble !== undefined) {
      terminal.error(`caselli: ${trouble}\n`);
      return exitCodes.machine;
    }
    terminal.error(`caselli: ${(error as Error).stack ?? error}\n`);
    return exitCodes.software;
  }
}

/** Node follows "Unknown option" with advice on `--` that helps nobody here. */
function usageText(error: Error): string {
  return error instanceof UsageError ? error.message : error.message.replace(/\. To specify.*$/s, '');
}

async function dispatch(words: readonly string[], box: BoxAccess, terminal: Terminal): Promise<number> {
  const [first = 'help', ...others] = words;
  if (first === '--version') {
    terminal.out(`${box.version}\n`);
    return 0;
  }
  if (first === 'help' || first === '--help' || first === '-h') {
    terminal.out(helpFor(others, box.version));
    return 0;
  }
  const { command, rest } = find(words);
  if (rest.includes('--help') && command.name !== 'sendmail') {
    terminal.out(commandHelp(command));
    return 0;
  }
  return execute(command, rest, box, terminal);
}

function helpFor(words: readonly string[], version: string): string {
  if (words.length === 0) return generalHelp(version);
  const found = commands.filter(({ name }) => name === words.join(' ') || name.startsWith(`${words[0]} `));
  const exact = found.find(({ name }) => name === words.join(' '));
  if (exact) return commandHelp(exact);
  if (found.length === 0) throw new UsageError(`there is no command ${words.join(' ')}`);
  return nounHelp(found);
}

function find(words: readonly string[]): { command: Command; rest: readonly string[] } {
  for (const length of [3, 2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = commands.find((one) => one.name === name);
    if (command) return { command, rest: words.slice(length) };
  }
  const verbs = commands.filter(({ name }) => name.startsWith(`${words[0]} `));
  if (verbs.length > 0) throw new UsageError(`say what to do with ${words[0]}:\n${nounHelp(verbs)}`);
  throw new UsageError(`there is no command ${words[0]}`);
}

const commonOptions = { data: { type: 'string' }, json: { type: 'boolean' } } as const;

/** sendmail(8) has a form of options of its own: only a leading `--data DIR` is ours. */
function parse(command: Command, rest: readonly string[]): Pick<Call, 'arguments' | 'options'> {
  if (command.name !== 'sendmail') {
    const { values, positionals } = parseArgs({
      args: [...rest],
      options: { ...commonOptions, ...command.options },
      allowPositionals: true,
    });
    return { arguments: positionals, options: values };
  }
  if (rest[0] !== '--data') return { arguments: rest, options: {} };
  return { arguments: rest.slice(2), options: { data: rest[1] } };
}

async function execute(command: Command, rest: readonly string[], box: BoxAccess, terminal: Terminal): Promise<number> {
  const { arguments: positionals, options } = parse(command, rest);
  const { min, max } = command.arguments;
  if (positionals.length < min || positionals.length > max) {
    throw new UsageError(`${command.name} is used so: caselli ${command.name} ${command.usage}`.trimEnd());
  }
  if (options.json && !command.reports) throw new UsageError(`${command.name} reports nothing: --json has no meaning`);
  const data = resolve(typeof options.data === 'string' ? options.data : (process.env.CASELLI_DATA ?? 'data'));
  let opened: { readonly api: AdminApi; close(): Promise<void> } | undefined;
  const call: Call = {
    arguments: positionals,
    options,
    data,
    box,
    terminal,
    api: async () => {
      opened ??= await openBox(data, box);
      return opened.api;
    },
    report: (value, text) => terminal.out(options.json ? `${JSON.stringify(value, null, 2)}\n` : text(value as never)),
  };
  try {
    return (await command.run(call)) ?? 0;
  } finally {
    await opened?.close();
  }
}

async function openBox(data: string, box: BoxAccess): Promise<{ readonly api: AdminApi; close(): Promise<void> }> {
  const running = await connectAdmin(data);
  if (running) return { api: running, close: async () => {} };
  const there = await stat(join(data, 'config.json')).then(
    () => true,
    () => false,
  );
  if (!there) {
    const advice = 'start one with caselli serve, or name its data folder with --data or $CASELLI_DATA';
    throw new AdminError(exitCodes.noInput, `there is no box in ${data}: ${advice}`);
  }
  return box.openData(data);
}
