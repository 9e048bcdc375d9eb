import type { ParseArgsConfig } from 'node:util';
import type { AdminApi } from '../admin/admin-api.ts';

/** One verb of the command line. The list of all is `commands.ts`; help is made from it. */
export interface Command {
  /** `queue show`. */
  readonly name: string;
  /** What follows the name: `ID`, `ADDRESS [--full-name NAME]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More for `caselli help NAME`; paragraphs end with a newline. */
  readonly help?: string;
  readonly options?: Options;
  /** How many arguments there may be. */
  readonly arguments: { readonly min: number; readonly max: number };
  /** Has `--json`. */
  readonly reports?: boolean;
  /** @returns the exit code; nothing is 0. */
  run(call: Call): Promise<number | undefined>;
}

export type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command is given. */
export interface Call {
  readonly arguments: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  /** Data folder. */
  readonly data: string;
  /** The running box, or its data opened directly; closed for the command at its end. */
  api(): Promise<AdminApi>;
  readonly box: BoxAccess;
  readonly terminal: Terminal;
  /** Prints `data` as JSON when `--json` was given, else the text. */
  report(data: unknown, text: (data: never) => string): void;
}

/** Where a command reads and writes. */
export interface Terminal {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly isInteractive: boolean;
  out(text: string | Uint8Array): void;
  error(text: string): void;
}

/** What the composition does for commands that need more than the running box. */
export interface BoxAccess {
  /** Opens a stopped box's data: asks that need no server are answered. */
  openData(data: string): Promise<{ readonly api: AdminApi; close(): Promise<void> }>;
  /** Serves until told to stop; resolves with the exit code. */
  serve(options: { readonly data: string; readonly demo: boolean }): Promise<number>;
  readonly version: string;
}

/** The command line was wrong; help is pointed to. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** An option that takes text. */
export function textOption(call: Call, name: string, otherwise = ''): string {
  const value = call.options[name];
  return typeof value === 'string' ? value : otherwise;
}

/** An option that takes one of `choices`; '' when it is not given. @throws UsageError */
export function choiceOption<Choice extends string>(call: Call, name: string, choices: readonly Choice[]): Choice | '' {
  const text = textOption(call, name);
  if (text === '') return '';
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw new UsageError(`--${name} takes ${choices.join(' or ')}`);
  return choice;
}

/** An option that takes a whole number from `min`. @throws UsageError */
export function numberOption(call: Call, name: string, otherwise: number, min = 1): number {
  const text = textOption(call, name);
  if (text === '') return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min) throw new UsageError(`--${name} takes a whole number from ${min}`);
  return value;
}

/** A time as people write it, local where it names no zone, as ISO 8601 in UTC. @throws UsageError */
export function timeArgument(text: string): string {
  const at = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new UsageError(`"${text}" is no time: write 2031-12-24T18:00`);
  return new Date(at).toISOString();
}

/** All of standard input as text, bounded. @throws UsageError beyond `limitBytes` */
export async function readStdin(terminal: Terminal, limitBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of terminal.stdin) {
    length += chunk.length;
    if (length > limitBytes) throw new UsageError(`standard input is longer than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
