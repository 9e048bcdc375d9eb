import type { Socket } from 'node:net';
import type { SMTPServerAddress } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { checkInitialResponse, checkLine } from './command-line.ts';
import { longestHoldSeconds, mailParameters, rcptParameters } from './esmtp-parameters.ts';
import type { Listener } from './listener.ts';
import { type PathArgument, parsePathCommand } from './path.ts';
import { replyText } from './replies.ts';
import { SmtpError } from './smtp-error.ts';

type Next = () => void;
type Parsed = ReturnType<SMTPConnection['_parseAddressCommand']>;

/** A path as `_parseAddressCommand` gives it to the policy; the library keeps it in the session's envelope. */
export interface ReadPath extends SMTPServerAddress {
  readonly argument: PathArgument;
  /** When it was said: HOLDFOR counts from then. */
  readonly readAt: number;
}

/** Refused commands of a client that is not known before it is slowed down, and before it is sent away. */
const errorLimits = { soft: 10, hard: 20, delayMs: 1000 } as const;

/**
 * One session. The library holds verbs and states; here are the grammar of lines, paths and parameters, enhanced status
 * codes on every reply, and what happens to clients that only make mistakes.
 */
export class Connection extends SMTPConnection {
  readonly #listener: Listener;
  readonly #release: (() => void) | undefined;
  #announcing = false;
  #errors = 0;
  #reason = 'the client went away';
  /** The argument of the MAIL or RCPT that is being done. */
  #argument: PathArgument | undefined;

  /** @param release called once when the session has ended */
  constructor(listener: Listener, socket: Socket, id: string, release?: () => void) {
    super(listener, socket, { id });
    this.#listener = listener;
    this.#release = release;
  }

  /** Greets at once: the library's wait for early talkers would cost every honest client 100 ms. */
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }

  /** Ends a session whose message has no end. */
  cutOff(): void {
    if (this._closing || this._closed) return;
    this.#reason = 'the message was far too big';
    this.send(552, '5.3.4 message is too big');
    this.close();
  }

  /** Is nothing under way that the client waits for? */
  get idle(): boolean {
    return !this._dataStream && !this._handlerPending;
  }

  /** The transaction went well: mistakes before it are forgiven. */
  forgive(): void {
    this.#errors = 0;
  }

  /**
   * smtp-server 3.21.6 forgets how to go on when the rest of a chunk holds the whole next message: what `continue` calls
   * may set the next continuation, and `continue` clears it afterwards. Here it is cleared before.
   */
  override _createParser(): SMTPStream {
    const parser = super._createParser();
    parser.continue = (): void => {
      const next = parser._continueCallback;
      parser._continueCallback = typeof next !== 'function';
      if (typeof next === 'function') next();
    };
    return parser;
  }

  // Lines

  override _onCommand(command: Buffer, callback?: Next): void {
    if (!this._ready || this._upgrading || this._closing) {
      super._onCommand(command, callback);
      return;
    }
    const next = callback && ((): void => this.#pace(callback));
    try {
      checkLine(command, this._nextHandler !== false);
    } catch (error) {
      this._nextHandler = false;
      this.#reply(error);
      next?.();
      return;
    }
    super._onCommand(command, next);
  }

  /** Slows down who makes many mistakes. */
  #pace(next: Next): void {
    if (this.#errors < errorLimits.soft || this._closing || this._closed) next();
    else this.#listener.parts.clock.timer(errorLimits.delayMs, next);
  }

  // Replies

  /** Texts of ours begin with their enhanced status code; the library's own are given better ones. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const text =
      typeof data === 'string'
        ? replyText(code, data)
        : data && this.#announcing
          ? data.toSpliced(-1, 0, ...this.#extensions())
          : data;
    const ours = typeof text === 'string' && /^[245]\.\d{1,3}\.\d{1,3} /.test(text);
    if (code === 421) this.#reason = String(text);
    super.send(code, text, ours ? false : context);
    if (code < 500 && code !== 454) return;
    this.#errors++;
    if (this.#errors >= errorLimits.hard && !this._closing && !this.#listener.isTrusted(this))
      this.send(421, '4.7.0 too many errors');
  }

  #reply(error: unknown): void {
    if (!(error instanceof SmtpError)) throw error;
    this.send(error.code, `${error.status} ${error.message}`);
  }

  // Verbs

  override handler_EHLO(command: Buffer, callback: Next): void {
    this.#announcing = true;
    try {
      super.handler_EHLO(command, callback);
    } finally {
      this.#announcing = false;
    }
  }

  /** What the library does not know of; the limits of FUTURERELEASE are those of this moment (RFC 4865 §3). */
  #extensions(): string[] {
    const future = this.#listener.futureRelease();
    if (!future) return [];
    const until = new Date(future.now + future.mostMs).toISOString().replace(/\.\d+Z$/, 'Z');
    return [`FUTURERELEASE ${Math.min(Math.floor(future.mostMs / 1000), longestHoldSeconds)} ${until}`];
  }

  /** AUTH is not announced where no password may be said; whoever tries all the same is told why (RFC 4954 §4). */
  override _isSupported(command: string): boolean {
    if (this.#announcing && command === 'AUTH' && !this.#listener.mayLogIn(this)) return false;
    return super._isSupported(command);
  }

  override handler_AUTH(command: Buffer, callback: Next): void {
    try {
      if (!this.#listener.mayLogIn(this)) throw new SmtpError(538, '5.7.11', 'begin TLS before you log in');
      if (this.session.envelope.mailFrom) throw new SmtpError(503, '5.5.1', 'not while a message is being sent');
      checkInitialResponse(command);
    } catch (error) {
      this.#reply(error);
      callback();
      return;
    }
    super.handler_AUTH(command, callback);
  }

  /** RFC 5321 §3.5.3 */
  override handler_VRFY(_command: Buffer, callback: Next): void {
    this.send(252, '2.5.0 not verified here; send and see');
    callback();
  }

  handler_EXPN(_command: Buffer, callback: Next): void {
    this.send(502, '5.5.1 lists are not shown');
    callback();
  }

  override handler_HELP(_command: Buffer, callback: Next): void {
    this.send(214, '2.0.0 HELO EHLO STARTTLS AUTH MAIL RCPT DATA RSET VRFY NOOP QUIT; RFC 5321');
    callback();
  }

  /** RFC 5321 §4.1.1.4: it stands alone. Who says more after it means something else than a message. */
  override handler_DATA(command: Buffer, callback: Next): void {
    if (command.toString().trim().length === 'DATA'.length) {
      super.handler_DATA(command, callback);
      return;
    }
    this.send(501, '5.5.4 syntax: DATA');
    callback();
  }

  override handler_QUIT(command: Buffer, callback: Next): void {
    this.#reason = 'quit';
    super.handler_QUIT(command, callback);
  }

  /** Reads the parameters before the library looks at them, as it takes xtext loosely. */
  override handler_MAIL(command: Buffer, callback: Next): void {
    const check = (argument: PathArgument) => mailParameters(argument, this.#listener.futureRelease());
    this.#withArgument('MAIL', command, callback, check, super.handler_MAIL);
  }

  override handler_RCPT(command: Buffer, callback: Next): void {
    this.#withArgument('RCPT', command, callback, rcptParameters, super.handler_RCPT);
  }

  #withArgument(
    verb: 'MAIL' | 'RCPT',
    command: Buffer,
    callback: Next,
    check: (argument: PathArgument) => unknown,
    handler: (command: Buffer, callback: Next) => void,
  ): void {
    this.#argument = parsePathCommand(verb, command.toString().trim());
    try {
      if (this.#argument) check(this.#argument);
    } catch (error) {
      this.#reply(error);
      callback();
      return;
    }
    handler.call(this, command, callback);
  }

  /** The library's own reading of paths knows no quoted local parts and decodes every value as xtext. */
  override _parseAddressCommand(_name: string, _command: Buffer | string): Parsed {
    if (!this.#argument) return false;
    const values = this.#argument.parameters.map(({ keyword, value }) => [keyword, value ?? true] as const);
    const read: ReadPath = {
      address: this.#argument.address,
      args: values.length > 0 ? Object.fromEntries(values) : false,
      argument: this.#argument,
      readAt: this.#listener.parts.clock.now(),
    };
    return read;
  }

  // The end

  override _onClose(): void {
    const first = !this._closed;
    super._onClose();
    this.#release?.();
    if (first) this.#listener.ended(this, this.#reason);
  }
}
