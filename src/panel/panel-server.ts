import type { IncomingMessage } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import { type FastifyInstance, type FastifyPluginAsync, type FastifyRequest, fastify } from 'fastify';
import type { AdminApi } from '../admin/admin-api.ts';
import type { Config } from '../config/schema.ts';
import { type Actor, currentActor } from '../lib/actor.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { Change } from './api/api-routes.ts';
import { mayDo, type Role } from './api/operation.ts';
import { type ClientRoutesParts, clientRoutes, isClientPath } from './client-routes.ts';
import { Live } from './live.ts';
import type { Login } from './login.ts';
import type { Metrics } from './metrics.ts';
import { isChallengePath, isOpenPath, type OpenParts, openRoutes } from './open-routes.ts';
import type { Reach } from './reach.ts';
import type { SecondStep } from './second-step.ts';
import { isSameOrigin, originOf, sessionRoutes } from './session-routes.ts';
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
  readonly second: SecondStep;
  readonly reach: Reach;
  readonly hasSecondFactor: (account: string) => boolean;
  /** The least role that must have a second factor; undefined when nobody must. */
  readonly secondFactorFrom: () => Role | undefined;
  /** They outlive a panel that starts again. */
  readonly sessions: Sessions;
  /** For HTTPS: PEM, asked for at each connection, so that a new certificate is in use at once. */
  readonly pair: () => { readonly key: string; readonly cert: string };
  /** What everybody may ask. */
  readonly open: OpenParts;
  readonly clients: ClientRoutesParts;
  /** Whether the box does its work. */
  readonly ready: () => Promise<boolean>;
  /** The administrator has reached the box on this address of it. */
  readonly reached: (address: string) => void;
}

/** Stands in requests that a page makes by itself, because something happened: they keep no session open. */
const backgroundHeader = 'x-caselli-background';

/** After these whoever asked stays logged in. */
const setsPassword: ReadonlySet<string> = new Set(['systemPassword', 'ownPassword']);

const barred = 'This panel is open to the local network of the box only.\n';

/** What ends the other sessions of an account, and why. */
const endings = {
  'account.removed': 'the account is gone',
  'account.password': 'another password',
  'account.second-factor': 'another second factor',
} as const;

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
    this.#somebody = { id: '', account: '', role: 'administrator', token: parts.sessions.newToken() };
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
    const stopEnds = parts.sessions.onEnd((id) => this.#live.end(id));
    const stopEvents = parts.events.on(({ name, fields }) => {
      const why = endings[name as keyof typeof endings];
      // One of the recovery codes fewer is no other lock.
      if (!why || (fields as { change?: string }).change === 'recovery-used') return;
      parts.sessions.endAll((fields as { account: string }).account, why, currentActor()?.session);
    });
    this.#stopListening = () => {
      stopEnds();
      stopEvents();
    };
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
      // Whoever checks for a certificate comes from the internet.
      if (!isChallengePath(request.url) && !this.#parts.reach.lets(request.ip))
        return reply.code(403).type('text/plain; charset=utf-8').send(barred);
      if (request.url === '/ready' || isOpenPath(request.url) || isClientPath(request.url)) return;
      if (!this.#isOwnHost(request.headers.host)) return reply.code(421).send('This box has another name.\n');
    });
    openRoutes(app, this.#parts.open);
    clientRoutes(app, this.#parts.clients);
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
    const { app, secure, guarded } = door;
    const { metrics, admin, events, version, sessions } = this.#parts;
    const session = (request: FastifyRequest) => this.#sessionOf(door, request);
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    const lacksSecondFactor = (one: Session): boolean => guarded && this.#lacksSecondFactor(one);
    sessionRoutes(app, { ...this.#parts, secure, guarded, session, lacksSecondFactor });
    app.get('/metrics', async (request, reply) => {
      const known = session(request);
      if (!known || !mayDo(known.role, 'operator') || lacksSecondFactor(known))
        return reply.code(401).send('Log in first.\n');
      return reply.type(metrics.contentType).send(await metrics.text());
    });
    const changed = ({ account, id }: Session, change: Change): void => {
      if (setsPassword.has(change.operation) && change.failed === '') sessions.keep(id);
      events.emit('panel.changed', { account: account || 'administrator', ...change });
    };
    const actor = ({ account, id }: Session, { ip, headers }: FastifyRequest): Actor => ({
      via: 'panel',
      account,
      remote: ip,
      session: id,
      origin: originOf(secure, headers.host),
    });
    const operationRoutes: FastifyPluginAsync = async (api) => {
      // What describes the operations is loaded when a port opens, beside the start of the rest.
      const [{ apiRoutes }, { operations }, { openApi }] = await Promise.all([
        import('./api/api-routes.ts'),
        import('./api/operations.ts'),
        import('./api/open-api.ts'),
      ]);
      apiRoutes(api, operations, { admin, session, lacksSecondFactor, actor, changed });
      api.get('/api/openapi.json', async (request, reply) =>
        session(request) ? openApi(operations, version) : reply.code(401).send({ error: 'Log in first.' }),
      );
    };
    app.register(operationRoutes);
    siteRoutes(app);
    app.server.on('upgrade', (request, socket, head) => this.#upgrade(door, request, socket, head));
  }

  #sessionOf({ guarded }: Pick<Door, 'guarded'>, request: FastifyRequest): Session | undefined {
    if (!guarded) return this.#somebody;
    const session = this.#parts.sessions.find(request.headers.cookie, request.headers[backgroundHeader] === undefined);
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
    const names = ['localhost', this.#parts.name(), ...this.#parts.otherNames()].map((name) => name.toLowerCase());
    return isIP(host) !== 0 || names.includes(host.toLowerCase().replace(/\.$/, ''));
  }

  #upgrade(door: Door, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Node listens for errors of this socket no more, and an error that nobody hears ends the program.
    socket.on('error', () => socket.destroy());
    const { host, cookie } = request.headers;
    const session = door.guarded ? this.#parts.sessions.find(cookie, false) : this.#somebody;
    if (
      request.url !== '/api/live' ||
      !this.#parts.reach.lets(request.socket.remoteAddress ?? '') ||
      !isSameOrigin(request.headers) ||
      !this.#isOwnHost(host) ||
      !session ||
      !mayDo(session.role, 'operator') ||
      (door.guarded && this.#lacksSecondFactor(session)) ||
      this.#live.isFull
    ) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    const isOpen = (): boolean => !door.guarded || this.#parts.sessions.find(cookie, false) !== undefined;
    this.#live.take(request, socket, head, session.id, isOpen);
  }

  #lacksSecondFactor({ account, role }: Session): boolean {
    const least = this.#parts.secondFactorFrom();
    return least !== undefined && mayDo(role, least) && !this.#parts.hasSecondFactor(account);
  }
}

function isLoopback(address: string): boolean {
  return /^127\.|^::1$/.test(address);
}
