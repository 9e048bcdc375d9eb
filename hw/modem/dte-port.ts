import type { Clock } from '../../src/lib/clock.ts';

/** What a DTE did that its modem's manual forbids, or a line of the dialogue. */
export interface ModemLogEntry {
  readonly at: number;
  readonly kind: 'dte' | 'dce' | 'note' | 'fault';
  readonly text: string;
}

/** Where the modem's bytes go: a program on the other end of the cable. */
export interface DteCable {
  send(bytes: Uint8Array): void;
  /** Bytes that were sent and not yet taken. */
  backlogBytes(): number;
  /** Another cable was plugged in. */
  unplugged(): void;
}

/** Final result of a command line; a silent one was answered already, or needs no answer. */
export type Final = 'OK' | 'ERROR' | 'NO CARRIER' | 'NO ANSWER' | 'NO DIALTONE' | 'BUSY' | 'silent';

const numericResults: Readonly<Record<string, number>> = {
  OK: 0,
  CONNECT: 1,
  RING: 2,
  'NO CARRIER': 3,
  ERROR: 4,
  'NO DIALTONE': 6,
  BUSY: 7,
  'NO ANSWER': 8,
};

/** The modem's side of the serial cable: how its bytes and lines go to the DTE, and the log of what is said. */
export class DtePort {
  readonly #chunkBytes: number;
  readonly #clock: Clock;
  readonly #log: (entry: ModemLogEntry) => void;
  cable: DteCable | undefined;
  /** `E`, `V` and `Q`. */
  echo = true;
  verbose = true;
  quiet = false;

  constructor(chunkBytes: number, clock: Clock, log: (entry: ModemLogEntry) => void) {
    this.#chunkBytes = chunkBytes;
    this.#clock = clock;
    this.#log = log;
  }

  reset(): void {
    this.echo = true;
    this.verbose = true;
    this.quiet = false;
  }

  /** A line of the modem's own; final results turn into numbers with `V0` and into nothing with `Q1`. */
  report(text: string): void {
    this.log('dce', text);
    const number = numericResults[text];
    if (this.quiet && number !== undefined) return;
    if (!this.verbose && number !== undefined) this.send(Buffer.from(`${number}\r`));
    else this.send(Buffer.from(`\r\n${text}\r\n`, 'latin1'));
  }

  send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.#chunkBytes) {
      this.cable?.send(bytes.subarray(at, at + this.#chunkBytes));
    }
  }

  log(kind: ModemLogEntry['kind'], text: string): void {
    this.#log({ at: this.#clock.now(), kind, text });
  }

  note(text: string): void {
    this.log('note', text);
  }

  fault(text: string): void {
    this.log('fault', text);
  }
}
