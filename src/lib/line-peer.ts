import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Clock } from './clock.ts';
import { OctetInput, UnexpectedEnd } from './octet-input.ts';

/** Answers the certificate of this moment, so that a renewed one counts from the next connection on. */
export type SecureContextProvider = () => SecureContext | Promise<SecureContext>;

/** The other end of a line protocol, as its session sees it. */
export interface LinePeer {
  /** Id of the session. */
  readonly session: string;
  /** Address of the client. */
  readonly remote: string;
  readonly loopback: boolean;
  readonly secure: boolean;
  readonly input: OctetInput;
  /**
   * Set by the session while it waits for what the client wants next: only then a time limit or the end of the program
   * interrupts it, and `input` throws `SessionEnd`.
   */
  resting: boolean;
  /** Sends, at the latest when input is waited for; resolves when more can be taken. @throws ConnectionLost */
  send(data: string | Uint8Array): Promise<void>;
  /** Hands what was sent to the system. @throws ConnectionLost */
  flush(): Promise<void>;
  /** Goes on under TLS; what came before and was not read is dropped. */
  startTls(): Promise<void>;
  /** From now on only silence ends the session, not its age. */
  loggedIn(): void;
}

/** Why the server ends a session that did nothing wrong. */
export class SessionEnd extends Error {
  override readonly name = 'SessionEnd';
  readonly reason: 'timeout' | 'closing';
  constructor(reason: 'timeout' | 'closing') {
    super(reason);
    this.reason = reason;
  }
}

/** The client is gone; there is nobody to tell. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** An answer stopped half way, as its source broke; nothing that follows would be understood. */
export class BrokenResponse extends Error {
  override readonly name = 'BrokenResponse';
}

/** Whether a session cannot go on after this error, as against one command that failed. */
export function endsSession(error: unknown): boolean {
  return [SessionEnd, ConnectionLost, UnexpectedEnd, BrokenResponse].some((kind) => error instanceof kind);
}

/** Chunks of a message as they come. @throws BrokenResponse when the source fails, or gives less or more than `count` octets. */
export async function* wholeContent(
  content: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array, void> {
  let left = count;
  const chunks = content[Symbol.asyncIterator]();
  const read = () =>
    chunks.next().catch((cause: unknown) => {
      throw new BrokenResponse('a message could not be read to its end', { cause });
    });
  try {
    for (let next = await read(); !next.done; next = await read()) {
      left -= next.value.length;
      yield next.value;
    }
    if (left !== 0) throw new BrokenResponse(`a message came out ${left} octets shorter than announced`);
  } finally {
    await chunks.return?.();
  }
}

export interface PeerTimes {
  readonly clock: Clock;
  /** Longest silence, and longest wait for a client that does not read. */
  readonly idleMs: number;
  /** From connecting to login. */
  readonly loginMs: number;
  readonly handshakeMs: number;
}

/** Bytes gathered before they are written without waiting for the end of the answer. */
const gatherBytes = 32 * 1024;

/** A peer on a socket. */
export class SocketPeer implements LinePeer {
  readonly session: string;
  readonly remote: string;
  readonly loopback: boolean;
  readonly input: OctetInput;
  resting = false;
  secure = false;
  readonly #times: PeerTimes;
  readonly #secureContext: SecureContextProvider;
  #socket: Socket;
  #loginDeadline: number | undefined;
  #waiting: (string | Uint8Array)[] = [];
  #waitingBytes = 0;
  #closing = false;
  #interrupt: ((end: SessionEnd) => void) | undefined;

  constructor(session: string, socket: Socket, times: PeerTimes, secureContext: SecureContextProvider) {
    this.session = session;
    this.remote = clientAddress(socket);
    this.loopback = isLoopback(this.remote);
    this.#socket = socket;
    this.#times = times;
    this.#secureContext = secureContext;
    this.#loginDeadline = times.clock.now() + times.loginMs;
    this.input = new OctetInput(() => this.#pull());
    this.#prepare(socket);
  }

  async send(data: string | Uint8Array): Promise<void> {
    this.#waiting.push(data);
    this.#waitingBytes += data.length;
    if (this.#waitingBytes >= gatherBytes) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableEnded) throw new ConnectionLost('the connection was closed');
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const bytes = Buffer.concat(waiting.map((one) => (typeof one === 'string' ? Buffer.from(one) : one)));
    if (this.#socket.write(bytes)) return;
    await this.#event(['drain'], this.#times.idleMs).catch((error: unknown) => {
      // A client that does not read cannot be told either.
      this.#socket.destroy();
      throw new ConnectionLost('the client takes nothing', { cause: error });
    });
    if (this.#socket.destroyed) throw new ConnectionLost('the connection was closed');
  }

  async startTls(): Promise<void> {
    await this.flush();
    this.input.clear();
    const secured = new TLSSocket(this.#socket, { isServer: true, secureContext: await this.#secureContext() });
    this.#socket = secured;
    this.#prepare(secured);
    await this.#event(['secure'], this.#times.handshakeMs);
    if (secured.destroyed) throw new ConnectionLost('the TLS handshake failed');
    this.secure = true;
  }

  loggedIn(): void {
    this.#loginDeadline = undefined;
  }

  /** Ends the session as soon as it rests. */
  end(): void {
    this.#closing = true;
    if (this.resting) this.#interrupt?.(new SessionEnd('closing'));
  }

  /** Sends what waits and closes; a client that holds on to the connection is cut off. */
  async close(): Promise<void> {
    await this.flush().catch(() => {});
    if (this.#socket.destroyed) return;
    this.#socket.end();
    this.#socket.resume();
    await this.#event(['finish'], this.#times.handshakeMs).catch(() => {});
    this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #prepare(socket: Socket): void {
    socket.setNoDelay(true);
    // An error is always followed by `close`, which ends what waits.
    socket.on('error', () => {});
  }

  async #pull(): Promise<Uint8Array | undefined> {
    await this.flush();
    for (;;) {
      if (this.resting && this.#closing) throw new SessionEnd('closing');
      const chunk: Buffer | null = this.#socket.read();
      if (chunk !== null) return chunk;
      if (this.#socket.readableEnded || this.#socket.destroyed) return undefined;
      await this.#event(['readable', 'end'], this.#patienceMs(), 'interruptible');
    }
  }

  #patienceMs(): number {
    if (this.#loginDeadline === undefined) return this.#times.idleMs;
    return Math.min(this.#times.idleMs, this.#loginDeadline - this.#times.clock.now());
  }

  /** Waits for one of the events, or the end of the socket. @throws SessionEnd */
  #event(names: readonly string[], patienceMs: number, interruptible?: 'interruptible'): Promise<void> {
    const socket = this.#socket;
    const all = [...names, 'close'];
    return new Promise((resolve, reject) => {
      if (socket.destroyed) {
        resolve();
        return;
      }
      const timer = this.#times.clock.timer(patienceMs, () => fail(new SessionEnd('timeout')));
      const finish = (): void => {
        timer.cancel();
        if (interruptible) this.#interrupt = undefined;
        for (const name of all) socket.off(name, done);
      };
      const done = (): void => {
        finish();
        resolve();
      };
      const fail = (end: SessionEnd): void => {
        finish();
        reject(end);
      };
      for (const name of all) socket.on(name, done);
      if (interruptible) this.#interrupt = fail;
    });
  }
}

/** IPv4 addresses that came through an IPv6 socket are written as IPv4. */
export function clientAddress(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
