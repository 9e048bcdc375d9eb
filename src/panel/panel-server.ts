import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import type { AdminApi } from '../admin/admin-api.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { durationText } from '../lib/words.ts';
import { mayDo } from './api/operation.ts';
import { Live } from './live.ts';
import type { Login } from './login.ts';
import type { Metrics } from './metrics.ts';
import type { Session, Sessions } from './sessions.ts';
import { siteRoutes } from './site.ts';

const securityHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  // With `no-referrer` a browser would not say where the form of a download came from.
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export interface PanelParts {
  readonly config: Pick<Config['panel'], 'http' | 'https'>;
  /** The full name of the box, and other names by which it is reached. */
  readonly name: () => string;
  readonly otherNames: () => readonly string[];
  readonly version: string;
  readonly admin: AdminApi;
  readonly metrics: Metrics;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly login: Login;
  /** They outlive a panel that starts again. */
  readonly sessions: Sessions;
  /** For HTTPS: PEM, asked for at each connection, so that a new certificate is in use at once. */
  readonly pair: () => { readonly key: string; readonly cert: string };
  /** Whether the box does its work. */
  readonly ready: () => Promise<boolean>;
  /** The administrator has reached the box on this address of it. */
  readonly reached: (address: string) => void;
}

/** No route has a schema of Fastify's: what would compile one is not even loaded, which counts at the start of a small box. */
const noCompiler = () => () => {
  throw new Error('the panel checks what it is given by itself');
};
const server = {
  bodyLimit: 16 * 1024,
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
 * The web panel's server: the pages, what they ask of the box (`api/`), its events, and metrics. A port that is not on
 * loopback asks for a login, and where HTTPS is served, HTTP leads there. `/ready` tells everybody in one word whether the box
 * does its work. Requests for a foreign host name are refused, so that a page from elsewhere cannot read it by rebinding its
 * name to this address.
 */
export class PanelServer {
  readonly #parts: PanelParts;
  readonly #doors: Readonly<Record<'http' | 'https', Door>>;
  readonly #live: Live;
  /** Whoever comes to a port that is not guarded. */
  readonly #somebody: Session;
  readonly #stopListening: () => void;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#live = new Live(parts.events, parts.clock);
    this.#somebody = { account: '', role: 'administrator', token: parts.sessions.newToken() };
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
    this.#stopListening = parts.events.on(({ name, fields }) => {
      if (name === 'account.removed' || name === 'account.password') parts.sessions.endAll(fields.account);
    });
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
    this.#live.close();
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
    const { metrics, admin, events, version } = this.#parts;
    const session = (request: FastifyRequest) => this.#sessionOf(door, request);
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    this.#sessionRoutes(door);
    app.get('/metrics', async (request, reply) => {
      const known = session(request);
      if (!known || !mayDo(known.role, 'operator')) return reply.code(401).send('Log in first.\n');
      return reply.type(metrics.contentType).send(await metrics.text());
    });
    const changed = ({ account }: Session, operation: string, failed: string): void =>
      events.emit('panel.changed', { account: account || 'administrator', operation, failed });
    const operationRoutes: FastifyPluginAsync = async (api) => {
      // What describes the operations is loaded when a port opens, beside the start of the rest.
      const [{ apiRoutes }, { operations }, { openApi }] = await Promise.all([
        import('./api/api-routes.ts'),
        import('./api/operations.ts'),
        import('./api/open-api.ts'),
      ]);
      apiRoutes(api, operations, { admin, session, changed });
      api.get('/api/openapi.json', async (request, reply) =>
        session(request) ? openApi(operations, version) : reply.code(401).send({ error: 'Log in first.' }),
      );
    };
    app.register(operationRoutes);
    siteRoutes(app);
    app.server.on('upgrade', (request, socket, head) => this.#upgrade(door, request, socket, head));
  }

  /** Logging in and out, and who one is. */
  #sessionRoutes({ app, secure, guarded }: Door): void {
    const { login, sessions, name, version } = this.#parts;
    const told = (session: Session | undefined) => ({
      name: name(),
      version,
      guarded,
      ...(session && { account: session.account, role: session.role, token: session.token }),
    });
    app.get('/api/session', async (request) => told(this.#sessionOf({ guarded }, request)));
    app.post('/api/login', async (request, reply) => {
      if (!isSameOrigin(request.headers)) return foreign(reply);
      const { account, password } = (request.body ?? {}) as { account?: unknown; password?: unknown };
      if (typeof account !== 'string' || typeof password !== 'string')
        return reply.code(400).send({ error: 'A name and a password are needed.' });
      const result = await login.try(account.trim(), password, request.ip);
      if (result.kind === 'wrong') return reply.code(401).send({ error: 'Name or password is wrong.' });
      if (result.kind === 'later') {
        const wait = durationText(Math.max(result.waitMs, 1000));
        return reply.code(429).send({ error: `There were too many wrong passwords; try again in ${wait}.` });
      }
      this.#parts.reached(request.socket.localAddress ?? '');
      const { session, header } = sessions.begin(result.who, secure);
      return reply.header('Set-Cookie', header).send(told(session));
    });
    app.post('/api/logout', async (request, reply) => {
      if (!isSameOrigin(request.headers)) return foreign(reply);
      return reply.header('Set-Cookie', sessions.end(request.headers.cookie, secure)).send({});
    });
  }

  #sessionOf({ guarded }: Pick<Door, 'guarded'>, request: FastifyRequest): Session | undefined {
    if (!guarded) return this.#somebody;
    const session = this.#parts.sessions.find(request.headers.cookie);
    if (session?.role === 'administrator') this.#parts.reached(request.socket.localAddress ?? '');
    return session;
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
    const session = door.guarded ? this.#parts.sessions.find(cookie) : this.#somebody;
    if (
      request.url !== '/api/live' ||
      !isSameOrigin(request.headers) ||
      !this.#isOwnHost(host) ||
      !session ||
      !mayDo(session.role, 'operator') ||
      this.#live.isFull
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#live.take(request, socket, head);
  }
}

function foreign(reply: FastifyReply): FastifyReply {
  return reply.code(403).send({ error: 'This form came from elsewhere.' });
}

function isSameOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || URL.parse(origin)?.host === host;
}

function isLoopback(address: string): boolean {
  return /^127\.|^::1$/.test(address);
}
