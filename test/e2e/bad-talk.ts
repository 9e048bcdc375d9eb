import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Address } from './running-box.ts';

/** Octets, one a character. */
export const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A client that says what it is told, octet by octet, and knows no protocol. */
export class RawClient {
  readonly socket: Socket;
  #rest = '';
  #ended = false;
  readonly #waiting = new Set<() => void>();

  /** @param from the loopback address to come from, so that one test does not use up the connections of another. */
  constructor({ address, port }: Address, from = '127.0.0.1') {
    this.socket = connect({ host: address, port, localAddress: from, allowHalfOpen: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.#rest += text;
      this.#wake();
    });
    this.socket.on('error', () => {});
    for (const event of ['end', 'close'] as const)
      this.socket.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Hands octets to the system as it takes them; ends early when the other side has gone. */
  async send(data: string | Uint8Array): Promise<void> {
    const { socket } = this;
    if (socket.write(typeof data === 'string' ? octets(data) : data) || socket.destroyed) return;
    const closed = new AbortController();
    const signal = closed.signal;
    await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(() => {});
    closed.abort();
  }

  /** Sends `block` again and again. */
  async sendMany(block: Uint8Array, times: number): Promise<void> {
    for (let count = 0; count < times && !this.socket.destroyed; count++) await this.send(block);
  }

  /** The next line without its line end; undefined when the other side has closed. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end >= 0) {
        const line = this.#rest.slice(0, end).replace(/\r$/, '');
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Lines up to the first that matches, that one included, or up to the end. */
  async linesUntil(last: RegExp): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) {
      lines.push(line);
      if (last.test(line)) break;
    }
    return lines;
  }

  /** All that comes until the other side closes. */
  rest(): Promise<string[]> {
    return this.linesUntil(/$^/);
  }

  /** Says a line and gives the lines up to the one that matches. */
  async ask(line: string, last: RegExp): Promise<string[]> {
    await this.send(`${line}\r\n`);
    return this.linesUntil(last);
  }

  /** Says that nothing more will come; the answers still can. */
  finish(): void {
    this.socket.end();
  }

  /** Goes without a word. */
  vanish(): void {
    this.socket.resetAndDestroy();
  }
}

/** Last line of an SMTP reply. */
export const smtpReply = /^\d{3} /;
