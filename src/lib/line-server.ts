import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from './clock.ts';
import type { EventBus } from './events.ts';
import type { IdSource } from './ids.ts';
import {
  BrokenResponse,
  clientAddress,
  endsSession,
  type LinePeer,
  type SecureContextProvider,
  SocketPeer,
} from './line-peer.ts';

/** From connecting to login, whatever is said. */
const loginMs = 3 * 60_000;
const handshakeMs = 30_000;

export interface LineListener {
  readonly name: string;
  readonly enabled: boolean;
  readonly address: string;
  readonly port: number;
  /** TLS from the first octet. */
  readonly tls: boolean;
}

export interface LineLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerClient: number;
  /** A session that says nothing for so long is closed, in ms. */
  readonly timeout: number;
}

/** What every line server is given by the composition. */
export interface LineServerParts {
  /** Asked for every TLS handshake. */
  readonly secureContext: SecureContextProvider;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export interface LineServerOptions extends LineServerParts {
  /** Name in events: `imap`, `pop3`. */
  readonly protocol: string;
  /** Asked when listening begins. */
  readonly listeners: () => readonly LineListener[];
  /** Asked for every connection. */
  readonly limits: () => LineLimits;
  /** Said to a client that is one too many, with its CRLF. */
  readonly tooMany: string;
  /** The conversation; it is over when this resolves, with the reason for the log. */
  readonly serve: (peer: LinePeer) => Promise<string>;
}

/**
 * The socket side that line protocols share: listening, TLS, limits on connections, time limits, session events, and an
 * end that lets commands finish.
 */
export class LineServer {
  readonly #options: LineServerOptions;
  readonly #servers: Server[] = [];
  readonly #peers = new Map<SocketPeer, Promise<void>>();

  constructor(options: LineServerOptions) {
    this.#options = options;
  }

  /** @returns the addresses listened on, by the listeners' names. @throws Error when a port cannot be had; none is held then. */
  async listen(): Promise<Readonly<Record<string, AddressInfo>>> {
    const bound: Record<string, AddressInfo> = {};
    try {
      for (const listener of this.#options.listeners().filter((one) => one.enabled)) {
        bound[listener.name] = await this.#open(listener);
      }
    } catch (error) {
      for (const server of this.#servers.splice(0)) server.close();
      throw error;
    }
    return bound;
  }

  /** Sessions at this moment. */
  get connections(): number {
    return this.#peers.size;
  }

  /** Takes no more connections, ends sessions as they rest, cuts off those that do not within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    for (const server of this.#servers.splice(0)) server.close();
    const ends = [...this.#peers.values()];
    for (const peer of this.#peers.keys()) peer.end();
    const timer = this.#options.clock.timer(graceMs, () => {
      for (const peer of this.#peers.keys()) peer.destroy();
    });
    await Promise.all(ends);
    timer.cancel();
  }

  #open(listener: LineListener): Promise<AddressInfo> {
    // A client that has said all may close its side and still read the answers.
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket, listener.tls));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(listener.port, listener.address, () => {
        server.off('error', reject);
        // Such as no file descriptors left: the listener stays.
        server.on('error', (error) =>
          this.#options.events.emit('box.fault', { where: `${this.#options.protocol} listener`, error: String(error) }),
        );
        this.#servers.push(server);
        resolve(server.address() as AddressInfo);
      });
    });
  }

  #accept(socket: Socket, tls: boolean): void {
    const { clock, ids, secureContext } = this.#options;
    const { timeout: idleMs } = this.#options.limits();
    if (this.#full(clientAddress(socket))) {
      socket.on('error', () => {});
      if (tls) socket.destroy();
      else socket.end(this.#options.tooMany, () => socket.destroy());
      return;
    }
    const peer = new SocketPeer(ids(), socket, { clock, idleMs, loginMs, handshakeMs }, secureContext);
    this.#peers.set(
      peer,
      this.#run(peer, tls).finally(() => this.#peers.delete(peer)),
    );
  }

  #full(remote: string): boolean {
    const { maxConnections, maxConnectionsPerClient } = this.#options.limits();
    if (this.#peers.size >= maxConnections) return true;
    const same = [...this.#peers.keys()].filter((peer) => peer.remote === remote);
    return same.length >= maxConnectionsPerClient;
  }

  /** Never rejects. */
  async #run(peer: SocketPeer, tls: boolean): Promise<void> {
    const { events, protocol } = this.#options;
    const { session } = peer;
    events.emit('session.opened', { session, protocol, remote: peer.remote, tls });
    let reason: string;
    try {
      if (tls) await peer.startTls();
      reason = await this.#options.serve(peer);
      await peer.close();
    } catch (error) {
      peer.destroy();
      const lost = endsSession(error) && !(error instanceof BrokenResponse);
      reason = lost ? 'connection lost' : 'error';
      if (!lost) events.emit('session.error', { session, protocol, error: String(error) });
    }
    events.emit('session.closed', { session, protocol, reason });
  }
}
