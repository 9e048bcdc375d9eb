import { Pop3Error } from './pop3-error.ts';

/** A line of a client: a verb in capitals, and what follows its space, as UTF-8. */
export interface Pop3Command {
  readonly verb: string;
  readonly argument: string;
}

/** Reads a command line (RFC 1939 §3). Pure. @throws Pop3Error */
export function parseCommand(line: Buffer): Pop3Command {
  const text = line.toString('utf8');
  const [, verb, argument = ''] = /^([A-Za-z]{3,8})(?: ([^\0\r\n]*))?$/.exec(text) ?? [];
  if (verb === undefined || !Buffer.from(text).equals(line))
    throw new Pop3Error('That is no command', { senseless: true });
  return { verb: verb.toUpperCase(), argument };
}

/** Numbers parted by single spaces; fewer than `least` or more than `most` are refused. @throws Pop3Error */
export function parseNumbers(argument: string, least: number, most: number): number[] {
  const words = argument.trimEnd() === '' ? [] : argument.trimEnd().split(' ');
  const good = words.length >= least && words.length <= most && words.every((word) => /^\d{1,10}$/.test(word));
  if (!good) throw new Pop3Error(most === 1 ? 'A message number is needed' : 'Numbers are needed');
  return words.map(Number);
}
