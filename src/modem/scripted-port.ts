import type { Clock } from '../lib/clock.ts';
import { control, stuff } from './framing.ts';
import type { ModemPort } from './port.ts';

/**
 * Plays a modem from a transcript, strictly: anything the host says that the script does not expect stops it.
 *
 *     H: AT+FDT           the host must send exactly this line
 *     H: <CAN>            … these control characters
 *     H: [page ETX]       … a page that ends with DLE ETX (`,` MPS and `.` EOP in class 2.0); kept in `pages`
 *     H: [part 2000]      … so many bytes of a page; what more of it comes is dropped
 *     M: OK               the modem answers CR LF OK CR LF
 *     M: <XON>            … control characters
 *     M: [page NAME]      … the page NAME, stuffed, with DLE ETX;  [part NAME 500] its beginning, without end
 *     M: [raw 0a 41]      … octets
 *     wait 6              seconds pass
 *     closed              the port is torn out
 *
 * Lines may begin with a time, which is ignored; `#` starts a comment.
 */
export class ScriptedPort implements ModemPort {
  readonly name = 'script';
  /** Page data that the host sent, DLE framing removed. */
  readonly pages: Uint8Array[] = [];
  /** What went wrong first. */
  failure: string | undefined;

  readonly #clock: Clock;
  readonly #steps: string[];
  readonly #fixtures: Readonly<Record<string, Uint8Array>>;
  readonly #cut: (bytes: Uint8Array) => Uint8Array[];
  #at = 0;
  #waiting = false;
  #dropping = false;
  #data: number[] = [];
  #listener: (bytes: Uint8Array) => void = () => {};
  #onClosed: (error?: Error) => void = () => {};
  #closed = false;

  constructor(options: {
    script: readonly string[];
    clock: Clock;
    fixtures?: Readonly<Record<string, Uint8Array>>;
    /** Cuts what the modem says into the chunks in which the host gets it. */
    cut?: (bytes: Uint8Array) => Uint8Array[];
  }) {
    this.#clock = options.clock;
    this.#fixtures = options.fixtures ?? {};
    this.#cut = options.cut ?? ((bytes) => [bytes]);
    this.#steps = options.script
      .map((line) =>
        line
          .replace(/(^|\s)#.*$/, '')
          .replace(/^\s*\d+\.\d{3} /, '')
          .trim(),
      )
      .filter((line) => line !== '' && !line.startsWith('--'));
  }

  /** The steps that were not played. */
  get left(): readonly string[] {
    return this.#steps.slice(this.#at);
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    this.#play();
  }

  onClosed(listener: (error?: Error) => void): void {
    this.#onClosed = listener;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice();
    await Promise.resolve();
    if (this.#closed) throw new Error('the port is closed');
    this.#host(copy);
  }

  async setDtr(): Promise<void> {}

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClosed();
  }

  #host(bytes: Uint8Array): void {
    if (this.failure !== undefined) return;
    const step = this.#waiting ? 'wait' : (this.#steps[this.#at] ?? 'the end');
    const expected = /^H: (.*)$/.exec(step)?.[1];
    const page = /^\[(page|part) (\S+)\]$/.exec(expected ?? '');
    if (page) {
      this.#pageData(bytes, page[1]!, page[2]!);
      return;
    }
    if (expected !== undefined && Buffer.from(bytes).equals(expectedBytes(expected))) {
      this.#dropping = false;
      this.#step();
      return;
    }
    if (this.#dropping) return;
    this.failure = `at "${step}" the host said ${JSON.stringify(Buffer.from(bytes).toString('latin1').slice(0, 80))}`;
  }

  #pageData(bytes: Uint8Array, what: string, argument: string): void {
    this.#data.push(...bytes);
    if (what === 'part') {
      if (this.#data.length < Number(argument)) return;
      this.#dropping = true;
    } else {
      const end = argument === 'ETX' ? control.ETX : argument.charCodeAt(0);
      const page = unstuffed(this.#data, end);
      if (page === undefined) return;
      this.pages.push(page);
    }
    this.#data = [];
    this.#step();
  }

  #step(): void {
    this.#at++;
    this.#play();
  }

  /** Plays what is the modem's turn. */
  #play(): void {
    for (let step = this.#steps[this.#at]; step !== undefined && !step.startsWith('H:'); step = this.#steps[this.#at]) {
      this.#at++;
      const seconds = /^wait ([\d.]+)$/.exec(step)?.[1];
      if (seconds !== undefined) {
        this.#waiting = true;
        this.#clock.timer(Number(seconds) * 1000, () => {
          this.#waiting = false;
          this.#play();
        });
        return;
      }
      if (step === 'closed') {
        this.#closed = true;
        this.#onClosed(new Error('torn out'));
        return;
      }
      for (const chunk of this.#cut(this.#modemBytes(step.replace(/^M: /, '')))) this.#listener(chunk);
    }
  }

  #modemBytes(text: string): Uint8Array {
    const [, what, argument, size] = /^\[(page|part|raw) ?(\S*) ?(.*)\]$/.exec(text) ?? [];
    if (what === 'raw') return Buffer.from(`${argument}${size}`.replaceAll(' ', ''), 'hex');
    if (what === undefined)
      return text.startsWith('<') ? expectedBytes(text) : Buffer.from(`\r\n${text}\r\n`, 'latin1');
    const fixture = this.#fixtures[argument!];
    if (!fixture) throw new Error(`no page ${argument}`);
    if (what === 'part') return stuff(fixture.subarray(0, Number(size)));
    return Buffer.concat([stuff(fixture), Uint8Array.of(control.DLE, control.ETX)]);
  }
}

function expectedBytes(text: string): Buffer {
  if (!text.startsWith('<')) return Buffer.from(`${text}\r`, 'latin1');
  const names = [...text.matchAll(/<(\w+)>/g)].map((match) => match[1] as keyof typeof control);
  return Buffer.from(names.map((name) => control[name]));
}

/** The page up to DLE and `end`, or undefined while that has not come. */
function unstuffed(data: readonly number[], end: number): Uint8Array | undefined {
  const page: number[] = [];
  for (let at = 0; at < data.length; at++) {
    if (data[at] !== control.DLE) page.push(data[at]!);
    else if (data[++at] === end) return Uint8Array.from(page);
    else if (data[at] === control.DLE) page.push(control.DLE);
  }
  return undefined;
}
