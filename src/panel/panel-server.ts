import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { AdminApi } from '../admin/admin-api.ts';
import type { Config } from '../config/schema.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { BoxEvent, EventBus } from '../lib/events.ts';
import { durationText } from '../lib/words.ts';
import type { Login } from './login.ts';
import { loginPage } from './login-page.ts';
import type { Metrics } from './metrics.ts';
import { Sessions } from './sessions.ts';
import { type Status, statusOf } from './status.ts';

/** Live pages at one time; a browser beyond that is told to come later. */
const livePagesLimit = 50;
/** Events are gathered for so long before the pages are told: a burst costs one status. */
const gatherMs = 100;
/** A page that does not keep up with so many bytes is let go. */
const backlogLimitBytes = 1024 * 1024;

const securityHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  // With `no-referrer` a browser would not say where the form of the login came from.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

const assets: Record<string, { readonly file: string; readonly type: string }> = {
  '/': { file: 'status.html', type: 'text/html; charset=utf-8' },
  '/status.css': { file: 'status.css', type: 'text/css; charset=utf-8' },
  '/status.js': { file: 'status.js', type: 'text/javascript; charset=utf-8' },
};

export interface PanelParts {
  readonly config: Config['panel'];
  /** The full name of the box, and other names by which it is reached. */
  readonly name: () => string;
  readonly otherNames: () => readonly string[];
  readonly version: string;
  readonly admin: AdminApi;
  readonly metrics: Metrics;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly login: Login;
  /** For HTTPS: PEM, asked for at each connection, so that a new certificate is in use at once. */
  readonly pair: () => { readonly key: string; readonly cert: string };
  /** Whether the box does its work. */
  readonly ready: () => Promise<boolean>;
  /** The administrator has reached the box on this address of it. */
  readonly reached: (address: string) => void;
}

/** No route has a schema: what would compile one is not even loaded, which counts at the start of a small box. */
const noCompiler = () => () => {
  throw new Error('the panel checks what it is given by itself');
};
const server = {
  bodyLimit: 1024,
  schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
};

/** One port of the panel. */
interface Door {
  readonly app: FastifyInstance;
  readonly listener: Config['panel']['http'];
  readonly secure: boolean;
  /** Without a login it is open to this machine only. */
  readonly guarded: boolean;
}

/**
 * The web panel's server: a status page that is live over a WebSocket, the same status as JSON, and metrics. It only
 * shows; it changes nothing. A port that is not on loopback asks for the administrator's password, and where HTTPS is
 * served, HTTP leads there. `/ready` tells everybody in one word whether the box does its work. Requests for a foreign
 * host name are refused, so that a page from elsewhere cannot read it by rebinding its name to this address.
 */
export class PanelServer {
  readonly #parts: PanelParts;
  readonly #doors: Readonly<Record<'http' | 'https', Door>>;
  readonly #sessions: Sessions;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  readonly #stopListening: () => void;
  #pending: Timer | undefined;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#sessions = new Sessions(parts.clock, () => parts.login.generation());
    const { http, https } = parts.config;
    const door = (listener: Door['listener'], secure: boolean): Door => ({
      app: (secure ? fastify({ ...server, https: parts.pair() }) : fastify(server)) as FastifyInstance,
      listener,
      secure,
      guarded: !isLoopback(listener.address),
    });
    this.#doors = { http: door(http, false), https: door(https, true) };
    this.#common(this.#doors.http);
    this.#common(this.#doors.https);
    if (https.enabled) this.#leadToHttps(this.#doors.http.app);
    else this.#pages(this.#doors.http);
    this.#pages(this.#doors.https);
    this.#followCertificate(this.#doors.https.app);
    this.#stopListening = parts.events.on((event) => this.#noticed(event));
  }

  /** @returns where it listens; nothing for a port that is switched off. */
  async listen(): Promise<{ readonly http?: AddressInfo; readonly https?: AddressInfo }> {
    const addresses: { http?: AddressInfo; https?: AddressInfo } = {};
    try {
      for (const name of ['http', 'https'] as const) {
        const { app, listener } = this.#doors[name];
        if (!listener.enabled) continue;
        await app.listen({ host: listener.address, port: listener.port });
        addresses[name] = app.server.address() as AddressInfo;
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return addresses;
  }

  async close(): Promise<void> {
    this.#stopListening();
    this.#pending?.cancel();
    for (const page of this.#sockets.clients) page.terminate();
    await Promise.all(Object.values(this.#doors).map(({ app }) => app.close()));
  }

  /** What every port does: its headers, its own names only, and the one word. */
  #common({ app }: Door): void {
    app.addHook('onRequest', async (request, reply) => {
      reply.headers(securityHeaders);
      if (request.url === '/ready') return;
      if (!this.#isOwnHost(request.headers.host)) return reply.code(421).send('This box has another name.\n');
    });
    app.get('/ready', async (_request, reply) => {
      const ready = await this.#parts.ready();
      return reply.code(ready ? 200 : 503).send(ready ? 'ready\n' : 'unwell\n');
    });
  }

  #leadToHttps(app: FastifyInstance): void {
    app.setNotFoundHandler((request, reply) => {
      const host = request.headers.host?.replace(/:\d+$/, '') ?? '';
      const { port } = this.#doors.https.app.server.address() as AddressInfo;
      return reply.redirect(`https://${host}${port === 443 ? '' : `:${port}`}${request.url}`, 308);
    });
  }

  #pages(door: Door): void {
    const { app } = door;
    if (door.guarded) this.#guard(door);
    for (const [path, { file, type }] of Object.entries(assets)) {
      app.get(path, async (_request, reply) => {
        return reply.type(type).send(await readFile(new URL(`./assets/${file}`, import.meta.url)));
      });
    }
    app.get('/api/status', () => this.#status());
    app.get('/metrics', async (_request, reply) =>
      reply.type(this.#parts.metrics.contentType).send(await this.#parts.metrics.text()),
    );
    app.server.on('upgrade', (request, socket, head) => this.#upgrade(door, request, socket, head));
  }

  /** The login, and nothing else without it. */
  #guard({ app, secure }: Door): void {
    const { login, name } = this.#parts;
    const page = (reply: FastifyReply, code: number, note: string) =>
      reply.code(code).type('text/html; charset=utf-8').send(loginPage(name(), note));
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    app.addHook('onRequest', async (request, reply) => {
      if (this.#sessions.isOpen(request.headers.cookie)) {
        this.#parts.reached(request.socket.localAddress ?? '');
        return;
      }
      const [path] = request.url.split('?');
      if (openPaths.has(path!)) return;
      if (request.method === 'GET' && path === '/') return reply.redirect('/login', 303);
      return reply.code(401).send('Log in first.\n');
    });
    app.get('/login', (_request, reply) => page(reply, 200, ''));
    app.post('/login', async (request, reply) => {
      if (!isSameOrigin(request.headers)) return reply.code(403).send('This form came from elsewhere.\n');
      const password = request.body instanceof URLSearchParams ? (request.body.get('password') ?? '') : '';
      const result = await login.try(password, request.ip);
      if (result.kind === 'wrong') return page(reply, 401, 'This password is wrong.');
      if (result.kind === 'later') {
        const wait = durationText(Math.max(result.waitMs, 1000));
        return page(reply, 429, `There were too many wrong passwords; try again in ${wait}.`);
      }
      this.#parts.reached(request.socket.localAddress ?? '');
      return reply.header('Set-Cookie', this.#sessions.begin(secure)).redirect('/', 303);
    });
    app.post('/logout', async (request, reply) => {
      if (!isSameOrigin(request.headers)) return reply.code(403).send('This form came from elsewhere.\n');
      return reply.header('Set-Cookie', this.#sessions.end(request.headers.cookie, secure)).redirect('/login', 303);
    });
  }

  #followCertificate(app: FastifyInstance): void {
    const server = app.server as unknown as TlsServer;
    let used = this.#parts.pair();
    server.prependListener('connection', () => {
      const pair = this.#parts.pair();
      if (pair.cert === used.cert && pair.key === used.key) return;
      used = pair;
      server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' });
    });
  }

  #status(): Promise<Status> {
    return statusOf(this.#parts);
  }

  /** An address, a loopback name, or the box's own name. */
  #isOwnHost(header: string | undefined): boolean {
    const host = header?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1') ?? '';
    const names = ['localhost', this.#parts.name(), ...this.#parts.otherNames()];
    return isIP(host) !== 0 || names.includes(host.toLowerCase());
  }

  #upgrade(door: Door, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Node listens for errors of this socket no more, and an error that nobody hears ends the program.
    socket.on('error', () => socket.destroy());
    const { host, cookie } = request.headers;
    if (
      request.url !== '/live' ||
      !isSameOrigin(request.headers) ||
      !this.#isOwnHost(host) ||
      (door.guarded && !this.#sessions.isOpen(cookie)) ||
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

/** Open to everybody who reaches a guarded port. */
const openPaths: ReadonlySet<string> = new Set(['/ready', '/login', '/status.css']);

function isSameOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || URL.parse(origin)?.host === host;
}

function isLoopback(address: string): boolean {
  return /^127\.|^::1$/.test(address);
}
