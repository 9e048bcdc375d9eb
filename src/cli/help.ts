import type { Command } from './command.ts';
import { commands } from './commands.ts';

const common = `Options of every command:
  --data DIR  data folder; else $CASELLI_DATA, else ./data
  --json      machine-readable answer, on commands that list or report
  --help      help for the command
`;

export function generalHelp(version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
  return `Caselli ${version}, the office mail and fax box.\n\nUsage: caselli COMMAND\n\n${lines}\n${common}`;
}

export function commandHelp({ name, usage, summary, help = '', reports }: Command): string {
  const json = reports ? ' [--json]' : '';
  return `Usage: caselli ${name}${usage ? ` ${usage}` : ''}${json} [--data DIR]\n\n${capital(summary)}.\n${help}`;
}

/** The commands of a noun, for `caselli queue` without a verb. */
export function nounHelp(found: readonly Command[]): string {
  return found
    .map(({ name, usage, summary }) => `${`  caselli ${name} ${usage}`.trimEnd()}\n      ${summary}\n`)
    .join('');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
