import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server';
import { canonicalAddress } from '../accounts/address-rules.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { DirectorySnapshot } from '../accounts/directory-snapshot.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { type Entrance, SubmitError } from '../queue/types.ts';
import type { Asker, Routing } from '../routing/types.ts';
import { checkRecipient } from './check-recipient.ts';
import { checkSender } from './check-sender.ts';
import { type Client, describeClient, type Login, mayLogIn } from './client.ts';
import { lineLimits } from './command-line.ts';
import { Connection, type ReadPath } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { FutureRelease } from './esmtp-parameters.ts';
import { receive } from './receive.ts';
import { SmtpError, submissionError } from './smtp-error.ts';

/** The three ports; `submissions` is TLS from the first octet (RFC 8314 §3.3). */
export type ListenerName = 'smtp' | 'submission' | 'submissions';

/** `local` is no port: sessions of programs on this box, handed over one by one (`sendmail -bs`). */
type Protocol = ListenerName | 'local';

export interface SmtpParts {
  readonly config: () => Config['smtp'];
  /** How far ahead mail may be handed in, in ms. */
  readonly scheduleAhead: () => number;
  /** Full name of the box. */
  readonly name: () => string;
  readonly entrance: Entrance;
  readonly authenticator: Authenticator;
  readonly route: (address: string, asker: Asker) => Routing;
  readonly directory: () => DirectorySnapshot;
  readonly tls: () => SecureContext;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly ids: IdSource;
}

type Callback<Value = void> = (error?: Error | null, value?: Value) => void;

/** One port: connects the library's session with the policy. */
export class Listener extends SMTPServer {
  readonly parts: SmtpParts;
  readonly #protocol: Protocol;
  readonly #limits: ConnectionLimits;
  readonly #open = new Map<SMTPServerSession, Connection>();
  /** What to call when the socket has closed. */
  readonly #admitted = new WeakMap<Socket, () => void>();

  constructor(name: Protocol, parts: SmtpParts, limits: ConnectionLimits) {
    super({
      secure: name === 'submissions',
      hideSTARTTLS: name === 'local',
      logger: false,
      noDelay: true,
      heloResponse: '%s',
      authMethods: ['PLAIN', 'LOGIN'],
      authOptional: true,
      // Whether a password may be said is judged by `mayLogIn`.
      allowInsecureAuth: true,
      maxAllowedUnauthenticatedCommands: false,
      disabledCommands: ['LHLO', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'],
      hideENHANCEDSTATUSCODES: false,
      hideDSN: false,
      disableReverseLookup: true,
      maxCommandLength: lineLimits.authBytes + 2,
    });
    this.#protocol = name;
    this.parts = parts;
    this.#limits = limits;
    this.on('error', (error) => this.#fault('', error));
  }

  /** @throws Error when the port cannot be had. */
  async start(): Promise<AddressInfo> {
    const { address, port } = this.parts.config()[this.#protocol as ListenerName];
    const failed = once(this.server, 'error').then(([error]) => Promise.reject(error));
    const listening = once(this.listen(port, address), 'listening');
    failed.catch(() => {});
    await Promise.race([listening, failed]);
    return this.server.address() as AddressInfo;
  }

  /** Takes no more clients, sends idle ones away, and waits so long for those that are sending a message. */
  async stop(graceMs: number): Promise<void> {
    this.options.closeTimeout = Math.max(graceMs, 1);
    const closed = new Promise<void>((resolve) => this.close(resolve));
    for (const connection of this.#open.values()) dismiss(connection);
    await closed;
    for (const connection of this.#open.values()) connection._socket.destroy();
  }

  /** Speaks with a program of this box, which may send anywhere. */
  serveLocal(socket: Socket): void {
    this.#refresh();
    this.connect(socket);
    socket.resume();
  }

  // Connections

  override _acceptSocket(socket: Socket, handshake: boolean): (() => void) | false {
    this.#refresh();
    const remote = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
    const admitted = this.#limits.admit(remote);
    if (typeof admitted === 'string') {
      this.#refused('', remote, { sender: '', recipient: '' }, new SmtpError(421, '4.7.0', admitted));
      socket.on('error', () => {});
      if (handshake) socket.destroy();
      else socket.end(`421 4.7.0 ${admitted}\r\n`, () => socket.destroy());
      return false;
    }
    // Listeners of a socket do not outlive STARTTLS; from `connect` on the connection's end counts as well.
    socket.once('close', admitted);
    this.#admitted.set(socket, admitted);
    return super._acceptSocket(socket, handshake);
  }

  /** What the library keeps as options follows the configuration from connection to connection. */
  #refresh(): void {
    const config = this.parts.config();
    this.options.name = this.parts.name();
    this.options.banner = config.greeting;
    this.options.size = config.maxMessageSize;
    this.options.maxRecipients = config.maxRecipients;
    this.options.socketTimeout = config.timeout;
    this.secureContext.set('*', this.parts.tls());
  }

  override connect(socket: Socket | TLSSocket): void {
    const connection = new Connection(this, socket, this.parts.ids(), this.#admitted.get(socket));
    this.connections.add(connection);
    this.#open.set(connection.session, connection);
    connection.on('error', (error: Error) => this.#fault(connection.id, error));
    connection.init();
  }

  override onConnect(session: SMTPServerSession, callback: Callback): void {
    this.parts.events.emit('session.opened', {
      session: session.id,
      protocol: this.#protocol,
      remote: session.remoteAddress,
      tls: session.secure,
    });
    callback();
  }

  override onSecure(_socket: Socket | TLSSocket, _session: SMTPServerSession, callback: Callback): void {
    callback();
  }

  /** Told by the connection when its socket has closed. */
  ended(connection: Connection, reason: string): void {
    this.#open.delete(connection.session);
    this.parts.events.emit('session.closed', { session: connection.id, protocol: this.#protocol, reason });
  }

  // What a connection asks

  mayLogIn(connection: Connection): boolean {
    return mayLogIn(this.#client(connection.session), this.parts.config());
  }

  /** Mail to be sent later is taken from those who submit it, not from other hosts (RFC 4865 §2). */
  futureRelease(): FutureRelease | undefined {
    if (this.#protocol === 'smtp') return undefined;
    return { now: this.parts.clock.now(), mostMs: this.parts.scheduleAhead() };
  }

  /** Somebody we know; mistakes of theirs are no attack. */
  isTrusted(connection: Connection): boolean {
    return this.#client(connection.session).asker.relay;
  }

  // What the library asks

  override onAuth(
    auth: SMTPServerAuthentication,
    session: SMTPServerSession,
    callback: Callback<{ user?: Login }>,
  ): void {
    this.#answer(session, undefined, callback, async () => {
      const { username = '', password } = auth;
      if (auth.authzid && canonicalAddress(auth.authzid) !== canonicalAddress(username))
        throw new SmtpError(535, '5.7.8', 'nobody may log in as somebody else');
      const from = { remote: session.remoteAddress, protocol: this.#protocol, session: session.id };
      const result = await this.parts.authenticator.authenticate(username, password ?? '', from);
      if (result.kind === 'throttled') throw new SmtpError(454, '4.7.0', 'too many attempts, try again later');
      if (result.kind === 'refused') throw new SmtpError(535, '5.7.8', 'name or password is wrong');
      return { user: { account: result.account, mechanism: auth.method } };
    });
  }

  override onMailFrom(path: SMTPServerAddress, session: SMTPServerSession, callback: Callback): void {
    this.#answer(session, '', callback, () => {
      const { argument } = path as ReadPath;
      checkUtf8(argument.utf8, session);
      const client = this.#client(session);
      const { route } = this.parts;
      checkSender(path.address, client, this.#protocol !== 'smtp', (address) => route(address, client.asker));
    });
  }

  override onRcptTo(path: SMTPServerAddress, session: SMTPServerSession, callback: Callback): void {
    this.#answer(session, path.address, callback, () => {
      checkUtf8((path as ReadPath).argument.utf8, session);
      checkRecipient(path.address, this.#client(session), this.parts.route);
    });
  }

  override onData(stream: SMTPServerDataStream, session: SMTPServerSession, callback: Callback<string>): void {
    this.#answer(session, '', callback, async () => {
      const client = this.#client(session);
      const { id } = await receive({
        ...this.parts,
        stream,
        session,
        client,
        future: this.futureRelease(),
        submission: this.#protocol !== 'smtp' || client.asker.relay,
        id: this.parts.ids(),
        name: this.parts.name(),
        config: this.parts.config(),
        flooded: () => this.#open.get(session)?.cutOff(),
      });
      this.#open.get(session)?.forgive();
      return `2.0.0 accepted as ${id}`;
    });
  }

  // Helpers

  #client(session: SMTPServerSession): Client {
    const client = describeClient(session, this.parts.config(), this.parts.directory());
    if (this.#protocol !== 'local') return client;
    return { ...client, trustedNetwork: true, asker: { relay: true, fax: true, source: 'local' } };
  }

  /**
   * The one place where what policy throws becomes a reply.
   * @param recipient whom it is about; undefined for logins, which the authenticator tells of.
   */
  #answer<Value>(
    session: SMTPServerSession,
    recipient: string | undefined,
    callback: Callback<Value>,
    work: () => Value | Promise<Value>,
  ): void {
    const answer: Callback<Value> = (error, value) => {
      callback(error, value);
      const connection = this.#open.get(session);
      if (connection && this._closeTimeout) setImmediate(() => dismiss(connection));
    };
    const refuse = (error: unknown): void => {
      const refusal = submissionError(error);
      if (!isExpected(error) && this.#open.has(session)) this.#fault(session.id, error);
      if (recipient !== undefined && this.#open.has(session))
        this.#refused(session.id, session.remoteAddress, { sender: senderOf(session), recipient }, refusal);
      const { code, status, message } = refusal;
      answer(Object.assign(new Error(`${status} ${message}`), { responseCode: code }));
    };
    try {
      const value = work();
      if (value instanceof Promise) value.then((result) => answer(null, result), refuse);
      else answer(null, value);
    } catch (error) {
      refuse(error);
    }
  }

  #refused(
    session: string,
    remote: string,
    path: { readonly sender: string; readonly recipient: string },
    { code, status, message }: SmtpError,
  ): void {
    this.parts.events.emit('smtp.refused', { session, remote, ...path, code, reason: `${status} ${message}` });
  }

  #fault(session: string, error: unknown): void {
    this.parts.events.emit('session.error', { session, protocol: this.#protocol, error: String(error) });
  }
}

/** Empty as long as none was taken. */
function senderOf({ envelope }: SMTPServerSession): string {
  return envelope.mailFrom ? envelope.mailFrom.address : '';
}

/** Ends a session that waits for nothing, when the server goes down. */
function dismiss(connection: Connection): void {
  if (connection.idle && !connection._closed) connection.send(421, 'Server shutting down');
}

function isExpected(error: unknown): boolean {
  return error instanceof SmtpError || error instanceof SubmitError;
}

/** RFC 6531 §3.5 */
function checkUtf8(utf8: boolean, session: SMTPServerSession): void {
  if (utf8 && !session.envelope.smtpUtf8) throw new SmtpError(553, '5.6.7', 'addresses like this need SMTPUTF8');
}
