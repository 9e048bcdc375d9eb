import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import SMTPConnection, { type SMTPEnvelope } from 'nodemailer/lib/smtp-connection';
import { type Clock, TimeoutError } from '../lib/clock.ts';

/**
 * One session with another mail server, through nodemailer's connection: greeting, EHLO, TLS, login, transactions. Knows
 * the protocol, not what its outcomes mean.
 */
export interface SessionSettings {
  readonly helo: string;
  readonly port: number;
  /** `starttls` and `tls` insist on a certificate that is valid for `host`; `opportunistic` takes what it gets. */
  readonly security: 'opportunistic' | 'starttls' | 'tls' | 'none';
  readonly login?: { readonly user: string; readonly password: string };
  readonly connectTimeoutMs: number;
  readonly greetingTimeoutMs: number;
  readonly commandTimeoutMs: number;
  /** Certificates trusted in place of the system's, PEM. */
  readonly trusted?: string;
}

export interface Transaction {
  /** Empty for the null reverse-path. */
  readonly reversePath: string;
  readonly recipients: readonly { readonly address: string; readonly parameters: string }[];
  readonly sizeBytes: number;
  readonly smtputf8: boolean;
  readonly ret?: 'full' | 'headers';
  readonly envelopeId?: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What the host answered. Without `reply` it answered nothing: `error` says why. */
export interface TransactionResult {
  /** Refused recipients with the reply to each. */
  readonly refused: ReadonlyMap<string, string>;
  /** The reply to the message, or to the command that ended the transaction. */
  readonly reply?: string;
  readonly accepted: boolean;
  readonly stage: 'mail' | 'rcpt' | 'data';
  readonly error?: Error;
  /** The message is larger than the host said it takes. */
  readonly tooLarge?: boolean;
}

/** A session did not come about. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly phase: 'connect' | 'greeting' | 'tls' | 'login';
  readonly reply: string | undefined;
  constructor(phase: SessionError['phase'], cause: Error & { response?: string }) {
    super(cause.message, { cause });
    this.phase = phase;
    this.reply = cause.response;
  }
}

/** Longest reply taken from another host. */
const maxReplyOctets = 64 * 1024;
/** RFC 5321 has no time for QUIT; Courier waits as long. */
const quitTimeoutMs = 10_000;

/** Parts of nodemailer's connection that its types leave out. `esmtp.test.ts` notices when they change. */
interface Internals {
  _sendCommand(command: string, logged?: string): void;
  readonly _supportedExtensions: readonly string[];
  readonly _responseActions: ((reply: string) => void)[];
}

/**
 * nodemailer gives all recipients the same DSN parameters, and SMTPUTF8 only for addresses. RFC 3461 has them by
 * recipient, RFC 6531 also for headers; so both are added where the commands leave.
 */
class Connection extends SMTPConnection {
  parameters = new Map<string, string>();
  smtputf8 = false;
  /** STARTTLS was the last command: what goes wrong now is TLS. */
  startingTls = false;

  has(extension: string): boolean {
    return (this as unknown as Internals)._supportedExtensions.includes(extension);
  }

  /** Sends one command outside of a message; the reply as it came. */
  command(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the connection ended'));
      this.once('error', reject).once('end', ended);
      (this as unknown as Internals)._responseActions.push((reply) => {
        this.off('error', reject).off('end', ended);
        resolve(reply);
      });
      this._sendCommand(text);
    });
  }

  _sendCommand(command: string, logged?: string): void {
    const send = (SMTPConnection.prototype as unknown as Internals)._sendCommand;
    this.startingTls = command === 'STARTTLS';
    send.call(this as unknown as Internals, command + this.#more(command), logged);
  }

  #more(command: string): string {
    const recipient = /^RCPT TO:<(.*)>$/s.exec(command)?.[1];
    if (recipient !== undefined) return this.parameters.get(recipient) ?? '';
    const utf8 = this.smtputf8 && command.startsWith('MAIL FROM:') && !/> .*\bSMTPUTF8\b/.test(command);
    return utf8 ? ' SMTPUTF8' : '';
  }
}

/**
 * Connects and goes on until the host is ready to take mail.
 * @param host name that its certificate is for.
 * @throws SessionError; the signal's reason when it aborts.
 */
export async function openSession(
  address: string,
  host: string,
  settings: SessionSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<SmtpSession> {
  const socket = await openSocket(address, settings, clock, signal);
  const strict = settings.security === 'starttls' || settings.security === 'tls';
  const connection = new Connection({
    connection: socket,
    host,
    port: settings.port,
    name: settings.helo,
    secure: settings.security === 'tls',
    ignoreTLS: settings.security === 'none',
    requireTLS: settings.security === 'starttls',
    opportunisticTLS: settings.security === 'opportunistic',
    tls: { rejectUnauthorized: strict, ...(settings.trusted === undefined ? {} : { ca: settings.trusted }) },
    connectionTimeout: settings.greetingTimeoutMs,
    greetingTimeout: settings.greetingTimeoutMs,
    socketTimeout: settings.commandTimeoutMs,
    maxResponseSize: maxReplyOctets,
  });
  // An error that nobody waits for any more must not end the program.
  connection.on('error', () => {});
  const session = new SmtpSession(connection, clock);
  try {
    await abortable(signal, session, (resolve, reject) => {
      connection.once('error', reject);
      connection.connect((error) => (error ? reject(error) : resolve()));
    }).catch((error) => {
      const inTls = error.code === 'ETLS' || connection.upgrading || connection.startingTls;
      throw signal.aborted ? error : new SessionError(inTls ? 'tls' : 'greeting', error);
    });
    const { login } = settings;
    if (login) {
      await abortable(signal, session, (resolve, reject) => {
        connection.once('error', reject);
        connection.login({ user: login.user, pass: login.password }, (error) => (error ? reject(error) : resolve()));
      }).catch((error) => {
        throw signal.aborted ? error : new SessionError('login', error);
      });
    }
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

export class SmtpSession {
  readonly #connection: Connection;
  readonly #clock: Clock;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** `DSN`, `SMTPUTF8`, `8BITMIME`, `SIZE`, `PIPELINING`. */
  has(extension: string): boolean {
    return this.#connection.has(extension);
  }

  get isEncrypted(): boolean {
    return this.#connection.secure;
  }

  /**
   * Asks whether the host would take mail, and sends none: MAIL, RCPT, RSET. The last answer, and to which command; a
   * connection that ends meanwhile is the answer `421`.
   * @param reversePath, recipient ASCII addresses without control characters
   * @throws the signal's reason when it aborts
   */
  probe(
    reversePath: string,
    recipient: string,
    signal: AbortSignal,
  ): Promise<{ readonly stage: 'mail' | 'rcpt'; readonly reply: string }> {
    const connection = this.#connection;
    connection.parameters = new Map();
    connection.smtputf8 = false;
    const ask = async () => {
      const sender = await connection.command(`MAIL FROM:<${reversePath}>`);
      if (!sender.startsWith('2')) return { stage: 'mail', reply: sender } as const;
      const reply = await connection.command(`RCPT TO:<${recipient}>`);
      await connection.command('RSET');
      return { stage: 'rcpt', reply } as const;
    };
    return abortable(signal, this, (resolve) => {
      ask().then(resolve, (error: Error) => resolve({ stage: 'mail', reply: `421 4.4.2 ${error.message}` }));
    });
  }

  /**
   * Sends one message; line ends become CRLF, dots are stuffed. Eight-bit content is announced where the host offers
   * 8BITMIME, and sent as it is where it does not: hosts without it are rare, and pass it on unharmed.
   * @throws the signal's reason when it aborts; what the content throws.
   */
  async send(transaction: Transaction, signal: AbortSignal): Promise<TransactionResult> {
    const connection = this.#connection;
    connection.parameters = new Map(transaction.recipients.map((one) => [one.address, one.parameters]));
    connection.smtputf8 = transaction.smtputf8;
    // nodemailer keeps its books in the object it is given, so that they are there after an error, too.
    const books: SMTPEnvelope & { rejectedErrors?: { recipient?: string; response?: string }[]; accepted?: string[] } =
      {
        from: transaction.reversePath,
        to: transaction.recipients.map((one) => one.address),
        size: transaction.sizeBytes,
        use8BitMime: true,
        dsn: { ret: transaction.ret, envid: transaction.envelopeId },
      };
    const content = Readable.from(transaction.content, { objectMode: false });
    let sourceError: Error | undefined;
    content.once('error', (error) => {
      sourceError = error;
    });
    type Ending = {
      readonly error?: Error & { code?: string; response?: string; command?: string };
      readonly reply?: string;
    };
    const ending = await abortable<Ending>(signal, this, (resolve) => {
      connection.send(books, content, (error, info) => resolve(error ? { error } : { reply: info?.response ?? '' }));
    }).finally(() => content.destroy());
    if (sourceError) {
      // Half a message was sent and no final dot: the host must not take it for a whole one.
      this.close();
      throw sourceError;
    }
    const refused = new Map((books.rejectedErrors ?? []).map((one) => [one.recipient ?? '', one.response ?? '']));
    const { error, reply } = ending;
    if (!error) return { refused, reply, accepted: true, stage: 'data' };
    const stage = error.command === 'MAIL FROM' ? 'mail' : error.command === 'RCPT TO' ? 'rcpt' : 'data';
    const tooLarge = error.code === 'EMESSAGE' && error.response === undefined;
    return { refused, accepted: false, stage, error, tooLarge, ...(error.response ? { reply: error.response } : {}) };
  }

  /** Says QUIT and does not wait for the answer. */
  quit(): void {
    const timer = this.#clock.timer(quitTimeoutMs, () => this.close());
    this.#connection.once('end', () => timer.cancel());
    if (this.#connection.destroyed) timer.cancel();
    else this.#connection.quit();
  }

  close(): void {
    this.#connection.close();
  }
}

/** A promise around nodemailer's callbacks; an abort closes the session, which calls back to nobody. */
function abortable<T = void>(
  signal: AbortSignal,
  session: SmtpSession,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      session.close();
      reject(signal.reason);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    const end = (): void => signal.removeEventListener('abort', onAbort);
    start(
      (value) => {
        end();
        resolve(value);
      },
      (error) => {
        end();
        reject(error);
      },
    );
  });
}

function openSocket(address: string, settings: SessionSettings, clock: Clock, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: settings.port, noDelay: true });
    const end = (error?: Error): void => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      if (!error) {
        resolve(socket);
        return;
      }
      socket.on('error', () => {});
      socket.destroy();
      reject(signal.aborted ? error : new SessionError('connect', error));
    };
    const onError = (error: Error): void => end(error);
    const onAbort = (): void => end(signal.reason);
    const timer = clock.timer(settings.connectTimeoutMs, () =>
      end(new TimeoutError('connecting', settings.connectTimeoutMs)),
    );
    socket.once('connect', () => end());
    socket.once('error', onError);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
