import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FastifyInstance, fastify } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AdminApi } from '../admin/admin-api.ts';
import type { Config } from '../config/schema.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { BoxEvent, EventBus } from '../lib/events.ts';
import type { Metrics } from './metrics.ts';
import { type Status, statusOf } from './status.ts';

/** Live pages at one time; a browser beyond that is told to come later. */
const livePagesLimit = 50;
/** Events are gathered for so long before the pages are told: a burst costs one status. */
const gatherMs = 100;
/** A page that does not keep up with so many bytes is let go. */
const backlogLimitBytes = 1024 * 1024;

const securityHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

const assets: Record<string, { readonly file: string; readonly type: string }> = {
  '/': { file: 'status.html', type: 'text/html; charset=utf-8' },
  '/status.css': { file: 'status.css', type: 'text/css; charset=utf-8' },
  '/status.js': { file: 'status.js', type: 'text/javascript; charset=utf-8' },
};

export interface PanelParts {
  readonly config: Config['panel'];
  readonly name: () => string;
  readonly version: string;
  readonly admin: AdminApi;
  readonly metrics: Metrics;
  readonly events: EventBus;
  readonly clock: Clock;
}

/**
 * The web panel's server: a status page that is live over a WebSocket, the same status as JSON, and metrics. It only
 * shows; it changes nothing. Requests for a foreign host name are refused, so that a page from elsewhere cannot read it
 * by rebinding its name to this address.
 */
export class PanelServer {
  readonly #parts: PanelParts;
  readonly #app: FastifyInstance;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  readonly #stopListening: () => void;
  #pending: Timer | undefined;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#app = fastify({ bodyLimit: 1024 });
    this.#app.addHook('onRequest', async (request, reply) => {
      reply.headers(securityHeaders);
      if (!this.#isOwnHost(request.headers.host)) return reply.code(421).send('This box has another name.\n');
    });
    for (const [path, { file, type }] of Object.entries(assets)) {
      this.#app.get(path, async (_request, reply) => {
        return reply.type(type).send(await readFile(new URL(`./assets/${file}`, import.meta.url)));
      });
    }
    this.#app.get('/api/status', () => this.#status());
    this.#app.get('/metrics', async (_request, reply) =>
      reply.type(parts.metrics.contentType).send(await parts.metrics.text()),
    );
    this.#app.server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#stopListening = parts.events.on((event) => this.#noticed(event));
  }

  /** @returns where it listens; nothing when it is switched off. */
  async listen(): Promise<{ readonly http?: AddressInfo }> {
    const { enabled, address, port } = this.#parts.config.http;
    if (!enabled) return {};
    await this.#app.listen({ host: address, port });
    return { http: this.#app.server.address() as AddressInfo };
  }

  async close(): Promise<void> {
    this.#stopListening();
    this.#pending?.cancel();
    for (const page of this.#sockets.clients) page.terminate();
    await this.#app.close();
  }

  #status(): Promise<Status> {
    return statusOf(this.#parts);
  }

  /** An address, a loopback name, or the box's own name. */
  #isOwnHost(header: string | undefined): boolean {
    const host = header?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1') ?? '';
    return isIP(host) !== 0 || host === 'localhost' || host === this.#parts.name();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Node listens for errors of this socket no more, and an error that nobody hears ends the program.
    socket.on('error', () => socket.destroy());
    const { host, origin } = request.headers;
    const sameOrigin = origin === undefined || URL.parse(origin)?.host === host;
    if (
      request.url !== '/live' ||
      !sameOrigin ||
      !this.#isOwnHost(host) ||
      this.#sockets.clients.size >= livePagesLimit
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (page) => {
      page.on('error', () => page.terminate());
      void this.#tell([page]);
    });
  }

  /** Changes are shown soon, progress of a page within the gathering time: not one message an event. */
  #noticed(event: BoxEvent): void {
    if (this.#sockets.clients.size === 0 || this.#pending || event.name.startsWith('session.')) return;
    this.#pending = this.#parts.clock.timer(gatherMs, () => {
      this.#pending = undefined;
      void this.#tell([...this.#sockets.clients]);
    });
  }

  async #tell(pages: readonly WebSocket[]): Promise<void> {
    let text: string;
    try {
      text = JSON.stringify(await this.#status());
    } catch (error) {
      this.#parts.events.emit('box.fault', { where: 'panel status', error: String(error) });
      return;
    }
    for (const page of pages) {
      if (page.bufferedAmount > backlogLimitBytes) page.terminate();
      else page.send(text);
    }
  }
}
