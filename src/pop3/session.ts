import type { Authenticator } from '../accounts/authenticator.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { endsSession, type LinePeer, SessionEnd } from '../lib/line-peer.ts';
import { UnexpectedEnd } from '../lib/octet-input.ts';
import type { MailStore } from '../store/types.ts';
import { limits } from './limits.ts';
import { Maildrop } from './maildrop.ts';
import { parseCommand } from './parse.ts';
import { Pop3Error } from './pop3-error.ts';
import { type State, verbs } from './verbs.ts';

/** What a session works with. */
export interface Pop3Services {
  /** Name of the box, for the greeting. */
  readonly name: string;
  readonly store: MailStore;
  readonly authenticator: Authenticator;
  readonly requireTlsForLogin: boolean;
  /** Accounts whose maildrop a session has; shared by all sessions. */
  readonly locks: Set<string>;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** One conversation (RFC 1939, RFC 2449). A session that ends without QUIT deletes nothing. */
export class Pop3Session {
  readonly peer: LinePeer;
  readonly services: Pop3Services;
  /** Name given with USER, for the PASS that follows. */
  user: string | undefined;
  /** Set when the session is to end after the answer. */
  ending: string | undefined;
  #maildrop: Maildrop | undefined;
  #account = '';
  #badCommands = 0;
  #failedLogins = 0;

  constructor(peer: LinePeer, services: Pop3Services) {
    this.peer = peer;
    this.services = services;
  }

  /** Talks until the client is done. @returns why it ended. @throws ConnectionLost, UnexpectedEnd, or what nobody expected. */
  async run(): Promise<string> {
    try {
      await this.send(`+OK ${this.services.name} POP3 ready\r\n`);
      while (this.ending === undefined) {
        this.peer.resting = true;
        const line = await this.peer.input.line(limits.lineOctets);
        this.peer.resting = false;
        if (line.kind === 'end') return 'closed by the client';
        await this.#answer(line.kind === 'line' ? line.octets : undefined);
        if (this.#badCommands >= limits.badCommands) this.ending = 'too many bad commands';
      }
      return this.ending;
    } catch (error) {
      // RFC 1939 §3: a session that timed out is closed without a word and without UPDATE.
      if (error instanceof SessionEnd) return error.reason;
      throw error;
    } finally {
      this.leave();
    }
  }

  get state(): State {
    return this.#maildrop ? 'transaction' : 'authorization';
  }

  /** Verbs that ask for it are legal in the transaction state only. */
  get maildrop(): Maildrop {
    if (!this.#maildrop) throw new Pop3Error('Log in first');
    return this.#maildrop;
  }

  /** Passwords may be sent on this connection. */
  get mayLogIn(): boolean {
    return this.peer.secure || this.peer.loopback || !this.services.requireTlsForLogin;
  }

  assertMayLogIn(): void {
    if (!this.mayLogIn) throw new Pop3Error('Passwords are taken under TLS only', { code: 'AUTH' });
  }

  send(data: string | Uint8Array): Promise<void> {
    return this.peer.send(data);
  }

  /** The line that answers a challenge (RFC 5034 §4). @throws Pop3Error when it is too long. */
  async response(): Promise<string> {
    const line = await this.peer.input.line(limits.lineOctets);
    if (line.kind === 'end') throw new UnexpectedEnd('the connection ended in a command');
    if (line.kind === 'tooLong') throw new Pop3Error('The line is too long');
    return line.octets.toString('latin1');
  }

  /** Checks a password, locks the maildrop and opens it. @throws Pop3Error */
  async logIn(name: string, password: string): Promise<string> {
    this.assertMayLogIn();
    const { authenticator, clock } = this.services;
    const { remote, session } = this.peer;
    const result = await authenticator.authenticate(name, password, { remote, protocol: 'pop3', session });
    if (result.kind === 'accepted') return this.#enter(result.account.address);
    if (++this.#failedLogins >= limits.failedLogins) this.ending = 'too many wrong passwords';
    if (result.kind === 'throttled') {
      const seconds = Math.ceil(result.retryAfterMs / 1000);
      throw new Pop3Error(`Too many attempts; try again in ${seconds} seconds`, { code: 'SYS/TEMP' });
    }
    await sleep(clock, limits.failedLoginMs);
    throw new Pop3Error('The name or the password is wrong', { code: 'AUTH' });
  }

  async #enter(account: string): Promise<string> {
    const { locks, store } = this.services;
    if (locks.has(account)) throw new Pop3Error('Another session has the maildrop', { code: 'IN-USE' });
    locks.add(account);
    this.#account = account;
    const mailbox = await store.open(account);
    try {
      this.#maildrop = await Maildrop.open(mailbox);
    } catch (error) {
      mailbox.release();
      throw error;
    }
    this.peer.loggedIn();
    return `${this.#maildrop.messages().length} messages`;
  }

  /** Gives the maildrop back. */
  leave(): void {
    this.#maildrop?.release();
    this.#maildrop = undefined;
    this.services.locks.delete(this.#account);
    this.#account = '';
  }

  /** @param line undefined when it was too long. */
  async #answer(line: Buffer | undefined): Promise<void> {
    try {
      if (!line) throw new Pop3Error('The line is too long', { senseless: true });
      const { verb, argument } = parseCommand(line);
      const known = verbs.get(verb);
      if (!known) throw new Pop3Error('There is no such command', { senseless: true });
      if (!known.in.includes(this.state)) throw new Pop3Error(`${verb} is not possible now`, { senseless: true });
      const text = await known.run(this, argument);
      this.#badCommands = 0;
      if (text !== undefined) await this.send(`+OK ${text}\r\n`);
      await known.after?.(this);
    } catch (error) {
      await this.#refuse(error);
    }
  }

  async #refuse(error: unknown): Promise<void> {
    if (endsSession(error)) throw error;
    if (this.#maildrop === undefined) this.leave();
    if (error instanceof Pop3Error) {
      if (error.senseless) this.#badCommands++;
      await this.send(`-ERR ${error.code === undefined ? '' : `[${error.code}] `}${error.message}\r\n`);
      return;
    }
    this.services.events.emit('box.fault', { where: `pop3 session ${this.peer.session}`, error: String(error) });
    await this.send('-ERR [SYS/TEMP] Something went wrong inside the server\r\n');
  }
}
