/** Longest command line; V.250 asks for 40 characters at least. */
const lineLimit = 400;

const CR = 0x0d;
const LF = 0x0a;
const BS = 0x08;

/** Gathers command lines from single bytes. What goes beyond the limit is dropped; `parseAtLine` refuses such a line. */
export class LineAssembler {
  #text = '';
  #afterCr = false;

  /** Nothing was typed since the last line: a RING may be printed. */
  get isEmpty(): boolean {
    return this.#text === '';
  }

  clear(): void {
    this.#text = '';
  }

  /** @returns the line without its CR when `byte` ended one. */
  push(byte: number): string | undefined {
    const wasAfterCr = this.#afterCr;
    this.#afterCr = byte === CR;
    if (byte === CR) {
      const line = this.#text;
      this.#text = '';
      return line;
    }
    if (byte === LF && wasAfterCr) return undefined;
    if (byte === BS) this.#text = this.#text.slice(0, -1);
    else if (byte >= 0x20 && this.#text.length <= lineLimit) this.#text += String.fromCharCode(byte & 0x7f);
    return undefined;
  }
}

export type AtCommand =
  | { readonly kind: 'basic'; readonly name: string; readonly value: number }
  | { readonly kind: 'register'; readonly register: number; readonly value: number | undefined }
  | { readonly kind: 'dial'; readonly digits: string }
  | { readonly kind: 'extended'; readonly name: string; readonly action: ExtendedAction; readonly value: string };

/** `+X=v`, `+X?`, `+X=?`, `+X`. */
export type ExtendedAction = 'set' | 'read' | 'test' | 'run';

export type AtLine =
  /** No AT in it: noise, which a modem passes over in silence. */
  | { readonly kind: 'noise' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'commands'; readonly commands: AtCommand[] };

/** Reads a command line (V.250 §5.3, §5.4): the last AT counts, what stands before it is noise. */
export function parseAtLine(line: string): AtLine {
  const body = bodyOf(line);
  if (body === undefined) return { kind: 'noise' };
  if (line.length > lineLimit) return { kind: 'wrong' };
  const commands: AtCommand[] = [];
  let rest = body.trim();
  while (rest !== '') {
    const read = readExtended(rest) ?? readDial(rest) ?? readRegister(rest) ?? readBasic(rest);
    if (!read) return { kind: 'wrong' };
    commands.push(read.command);
    rest = rest.slice(read.length).trimStart();
  }
  return { kind: 'commands', commands };
}

function bodyOf(line: string): string | undefined {
  const outsideQuotes = line.replaceAll(/"[^"]*"/g, (quoted) => '"'.repeat(quoted.length));
  const at = outsideQuotes.toUpperCase().lastIndexOf('AT');
  return at < 0 ? undefined : line.slice(at + 2);
}

interface ReadCommand {
  readonly command: AtCommand;
  readonly length: number;
}

function readExtended(text: string): ReadCommand | undefined {
  const match = /^([+#][A-Za-z][A-Za-z0-9]*)\s*(=\?|\?|=((?:"[^"]*"|[^";])*))?\s*(?:;|$)/.exec(text);
  if (!match) return undefined;
  const [whole, name, suffix, value] = match;
  const action = suffix === undefined ? 'run' : suffix === '=?' ? 'test' : suffix === '?' ? 'read' : 'set';
  return {
    command: { kind: 'extended', name: name!.toUpperCase(), action, value: value?.trim() ?? '' },
    length: whole.length,
  };
}

function readDial(text: string): ReadCommand | undefined {
  if (!/^D/i.test(text)) return undefined;
  return { command: { kind: 'dial', digits: text.slice(1).trim() }, length: text.length };
}

function readRegister(text: string): ReadCommand | undefined {
  const match = /^S(\d{1,3})\s*(?:=\s*(\d{1,3})|\?)/i.exec(text);
  if (!match) return undefined;
  const value = match[2] === undefined ? undefined : Number(match[2]);
  return { command: { kind: 'register', register: Number(match[1]), value }, length: match[0].length };
}

function readBasic(text: string): ReadCommand | undefined {
  const match = /^([&%\\*]?[A-Z])(\d{0,4})/i.exec(text);
  if (!match) return undefined;
  return {
    command: { kind: 'basic', name: match[1]!.toUpperCase(), value: Number(match[2]) },
    length: match[0].length,
  };
}
