import type { LinePeer } from '../../src/lib/line-peer.ts';
import { SessionEnd } from '../../src/lib/line-peer.ts';
import { OctetInput } from '../../src/lib/octet-input.ts';

/** Turns of the event loop that a session in memory may take for an answer. */
const maxTurns = 1000;

/** Both ends of a connection in memory: the session talks to the peer, the test to its other methods. */
export class MemoryPeer implements LinePeer {
  readonly session = 'session';
  readonly remote: string;
  readonly loopback: boolean;
  readonly input: OctetInput;
  secure: boolean;
  resting = false;
  loginSeen = false;
  readonly #incoming: Uint8Array[] = [];
  #ended = false;
  #end: SessionEnd | undefined;
  #unflushed: Uint8Array[] = [];
  #said: Buffer = Buffer.alloc(0);
  #wakeInput: (() => void) | undefined;

  constructor(options: { readonly secure?: boolean; readonly loopback?: boolean } = {}) {
    this.secure = options.secure ?? false;
    this.loopback = options.loopback ?? true;
    this.remote = this.loopback ? '127.0.0.1' : '192.0.2.7';
    this.input = new OctetInput(() => this.#pull());
  }

  async send(data: string | Uint8Array): Promise<void> {
    this.#unflushed.push(Buffer.from(data as string));
  }

  async flush(): Promise<void> {
    this.#said = Buffer.concat([this.#said, ...this.#unflushed.splice(0)]);
  }

  async startTls(): Promise<void> {
    await this.flush();
    this.input.clear();
    this.secure = true;
  }

  loggedIn(): void {
    this.loginSeen = true;
  }

  async #pull(): Promise<Uint8Array | undefined> {
    await this.flush();
    for (;;) {
      if (this.#end) throw this.#end;
      const chunk = this.#incoming.shift();
      if (chunk) return chunk;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeInput = resolve;
      });
    }
  }

  // The client's side

  say(octets: Uint8Array | string): void {
    this.#incoming.push(Buffer.from(octets as string));
    this.#wakeInput?.();
  }

  /** Says no more. */
  hangUp(): void {
    this.#ended = true;
    this.#wakeInput?.();
  }

  /** As the server does when time is over. */
  interrupt(reason: 'timeout' | 'closing'): void {
    this.#end = new SessionEnd(reason);
    this.#wakeInput?.();
  }

  /** The next line of the server, without CRLF. @throws Error when it says nothing although it had its turn, again and again. */
  async line(): Promise<string> {
    for (let turns = 0; turns < maxTurns; turns++) {
      const feed = this.#said.indexOf(10);
      if (feed >= 0) {
        const line = this.#said.subarray(0, feed).toString('utf8').replace(/\r$/, '');
        this.#said = this.#said.subarray(feed + 1);
        return line;
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    throw new Error(`the server says nothing more than ${JSON.stringify(this.unread())}`);
  }

  /** What the server has said and was not read. */
  unread(): string {
    const text = this.#said.toString('utf8');
    this.#said = Buffer.alloc(0);
    return text;
  }
}
