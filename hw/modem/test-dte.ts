import { idSource } from '../../src/lib/ids.ts';
import { ManualClock } from '../../src/lib/manual-clock.ts';
import type { ModemPort } from '../../src/modem/port.ts';
import { createExchange, type Exchange } from '../exchange/exchange.ts';
import type { ModemProfile } from './profile.ts';

/** A program on a modem for tests: it types lines and reads the answers; time moves while it waits. */
export class TestDte {
  readonly #port: ModemPort;
  readonly #clock: ManualClock;
  #read = '';

  constructor(port: ModemPort, clock: ManualClock) {
    this.#port = port;
    this.#clock = clock;
    port.onBytes((bytes) => {
      this.#read += Buffer.from(bytes).toString('latin1');
    });
  }

  /** Types without waiting. */
  type(text: string): void {
    void this.#port.write(Buffer.from(text, 'latin1'));
  }

  /** All that has been read and not been asked for yet. */
  take(): string {
    const text = this.#read;
    this.#read = '';
    return text;
  }

  /** Types a line and returns the lines of the answer, the final result last. */
  async at(line: string): Promise<string[]> {
    this.type(`AT${line}\r`);
    return this.answer();
  }

  /** The lines up to the next final result. */
  async answer(): Promise<string[]> {
    const text = await this.until(/(?:^|\n)(?:OK|ERROR|CONNECT|BUSY|NO (?:CARRIER|ANSWER|DIALTONE))\r\n/);
    return text.split('\r\n').filter((one) => one !== '' && !one.startsWith('AT'));
  }

  /** Reads up to the end of what `pattern` matches; moves time until it does, a quarter of an hour at most. */
  async until(pattern: RegExp): Promise<string> {
    for (let waitedMs = 0; waitedMs < 900_000; waitedMs += 10) {
      const match = pattern.exec(this.#read);
      if (match) {
        const end = match.index + match[0].length;
        const text = this.#read.slice(0, end);
        this.#read = this.#read.slice(end);
        return text;
      }
      await this.#clock.advance(10);
    }
    throw new Error(`never came: ${pattern}; read ${JSON.stringify(this.#read.slice(0, 1000))}`);
  }

  /** Sends page data as they are, DLE and all. */
  async data(bytes: Uint8Array): Promise<void> {
    let sent = false;
    const sending = this.#port.write(bytes).then(() => {
      sent = true;
    });
    while (!sent) await this.#clock.advance(10);
    await sending;
  }
}

/** An exchange in the time of tests, with a modem on each number. Nothing is stored: stations may call, not answer. */
export function testExchange(profiles: Readonly<Record<string, ModemProfile>>): {
  readonly clock: ManualClock;
  readonly exchange: Exchange;
  dte(number: string): TestDte;
} {
  const clock = new ManualClock();
  const exchange = createExchange({
    clock,
    folder: '/nonexistent',
    speedFactor: 1,
    ids: idSource(clock),
    random: (count) => new Uint8Array(count).fill(0x5a),
  });
  for (const [number, profile] of Object.entries(profiles)) exchange.addLine(number, { profile, name: `N${number}` });
  return { clock, exchange, dte: (number) => new TestDte(exchange.port(number), clock) };
}
