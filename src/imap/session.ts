import type { Authenticator } from '../accounts/authenticator.ts';
import type { AccountInfo } from '../accounts/directory-snapshot.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { endsSession, type LinePeer, SessionEnd } from '../lib/line-peer.ts';
import { UnexpectedEnd } from '../lib/octet-input.ts';
import { FolderGoneError, type Mailbox, type MailStore } from '../store/types.ts';
import { capabilities } from './capabilities.ts';
import type { Command, Completion, State } from './command.ts';
import { readCommand, skipAfter, skipCommand } from './command-reader.ts';
import { commands } from './commands/index.ts';
import { plainText } from './format.ts';
import { bad, ImapError, no } from './imap-error.ts';
import { limits } from './limits.ts';
import { Cursor, type MessageLiteral, type RawCommand } from './parse.ts';
import type { SelectedFolder } from './selected.ts';

/** What a session works with. */
export interface ImapServices {
  /** Name of the box, for the greeting. */
  readonly name: string;
  readonly store: MailStore;
  readonly authenticator: Authenticator;
  readonly requireTlsForLogin: boolean;
  /** Largest message taken by APPEND, in octets. */
  readonly maxLiteral: number;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** A command whose arguments were read and whose state was right. */
interface Prepared {
  readonly run: (session: ImapSession) => Promise<Completion>;
  readonly movesNumbers: boolean;
}

/**
 * One conversation (RFC 3501, with RFC 9051 in mind): commands one after the other, each answered once. What others do to
 * the selected folder is told before the answer.
 */
export class ImapSession {
  readonly peer: LinePeer;
  readonly services: ImapServices;
  account: AccountInfo | undefined;
  selected: SelectedFolder | undefined;
  /** UTF8=ACCEPT was enabled (RFC 6855). */
  utf8 = false;
  /** Set when the session is to end after the answer. */
  ending: string | undefined;
  #mailbox: Mailbox | undefined;
  #badCommands = 0;
  #failedLogins = 0;
  /** The message of the APPEND under way, as long as nobody reads it. */
  #unread: MessageLiteral | undefined;

  constructor(peer: LinePeer, services: ImapServices) {
    this.peer = peer;
    this.services = services;
  }

  /** Talks until the client is done. @returns why it ended. @throws ConnectionLost, UnexpectedEnd, or what nobody expected. */
  async run(): Promise<string> {
    try {
      await this.send(`* OK [CAPABILITY ${capabilities(this)}] ${this.services.name} IMAP ready\r\n`);
      while (this.ending === undefined) if (!(await this.#command())) return 'closed by the client';
      return this.ending;
    } catch (error) {
      if (!(error instanceof SessionEnd)) throw error;
      const text = error.reason === 'timeout' ? 'Nothing was said for too long' : 'The server is stopping';
      await this.send(`* BYE ${text}\r\n`);
      return error.reason;
    } finally {
      this.unselect();
      this.#mailbox?.release();
    }
  }

  get state(): State {
    if (!this.#mailbox) return 'notAuthenticated';
    return this.selected ? 'selected' : 'authenticated';
  }

  /** The account's mailbox; commands that ask for it are legal after login only. */
  get mailbox(): Mailbox {
    if (!this.#mailbox) throw bad('Log in first');
    return this.#mailbox;
  }

  /** The selected folder; commands that ask for it are legal in that state only. */
  get folder(): SelectedFolder {
    if (!this.selected) throw bad('Select a folder first');
    return this.selected;
  }

  /** Passwords may be sent on this connection. */
  get mayLogIn(): boolean {
    return this.peer.secure || this.peer.loopback || !this.services.requireTlsForLogin;
  }

  send(data: string | Uint8Array): Promise<void> {
    return this.peer.send(data);
  }

  /** Asks the client to go on (RFC 9051 §7.6). */
  async proceed(text: string): Promise<void> {
    await this.send(`+ ${text}\r\n`);
    await this.peer.flush();
  }

  /** The line that answers `proceed`. @throws ImapError when it is too long. */
  async continuation(): Promise<string> {
    const line = await this.peer.input.line(limits.continuationOctets);
    if (line.kind === 'end') throw new UnexpectedEnd('the connection ended in a command');
    if (line.kind === 'tooLong') throw bad('The line is too long', 'LIMIT');
    return line.octets.toString('latin1');
  }

  /** Checks a password and opens the mailbox. @throws ImapError */
  async logIn(name: string, password: string): Promise<Completion> {
    if (!this.mayLogIn) throw no('Passwords are taken under TLS only', 'PRIVACYREQUIRED');
    const { authenticator, store, clock } = this.services;
    const { remote, session } = this.peer;
    const result = await authenticator.authenticate(name, password, { remote, protocol: 'imap', session });
    if (result.kind === 'accepted') {
      this.#mailbox = await store.open(result.account.address);
      this.account = result.account;
      this.peer.loggedIn();
      return { code: `CAPABILITY ${capabilities(this)}`, text: 'Logged in' };
    }
    if (++this.#failedLogins >= limits.failedLogins) this.ending = 'too many wrong passwords';
    if (result.kind === 'throttled') {
      throw no(`Too many attempts; try again in ${Math.ceil(result.retryAfterMs / 1000)} seconds`, 'LIMIT');
    }
    await sleep(clock, limits.failedLoginMs);
    throw no('The name or the password is wrong', 'AUTHENTICATIONFAILED');
  }

  unselect(): void {
    this.selected?.close();
    this.selected = undefined;
  }

  /** Tells what happened in the selected folder. @param expunge whether numbers may move. */
  async report(expunge: boolean): Promise<void> {
    for (const line of (await this.selected?.report(expunge)) ?? []) await this.send(line);
  }

  /**
   * The octets of APPEND's message as they come. Ends with an error where the command does not end as it should, so that
   * nothing is kept of it. @param tail what must follow the literal.
   */
  async *receive(literal: MessageLiteral, tail: string): AsyncGenerator<Uint8Array, void> {
    this.#unread = undefined;
    if (literal.synchronizing) await this.proceed('Send the message');
    const octets = this.peer.input.counted(literal.sizeBytes);
    let whole = false;
    try {
      yield* octets;
      const line = await this.peer.input.line(limits.commandOctets);
      whole = true;
      if (line.kind === 'end') throw new UnexpectedEnd('the connection ended in a command');
      const rest = line.kind === 'line' ? line.octets.toString('latin1') : '?';
      if (rest === tail) return;
      await skipAfter(this.peer.input, rest);
      throw bad('The command must end after the message');
    } finally {
      if (!whole) {
        await octets.drain();
        await skipCommand(this.peer.input);
      }
    }
  }

  /** Reads one command and answers it. @returns false when the client is gone. */
  async #command(): Promise<boolean> {
    this.peer.resting = true;
    const read = await readCommand(this.peer.input, () => this.proceed('Go on'));
    this.peer.resting = false;
    if (read.kind === 'end') return false;
    if (read.kind === 'refused') await this.#refuse(read.tag, read.error);
    else await this.#perform(read.raw);
    if (this.#badCommands >= limits.badCommands) this.ending = 'too many bad commands';
    if (this.ending !== undefined && this.ending !== 'logout') await this.send(`* BYE ${plainText(this.ending)}\r\n`);
    return true;
  }

  async #perform(raw: RawCommand): Promise<void> {
    this.#unread = raw.message;
    let tag = '*';
    let prepared: Prepared;
    try {
      const cursor = new Cursor(raw);
      tag = cursor.tag();
      prepared = this.#prepare(cursor, tag);
    } catch (error) {
      await this.#skipMessage();
      await this.#refuse(tag, asImapError(error));
      return;
    }
    this.#badCommands = 0;
    const outcome = await this.#outcome(prepared);
    await this.#skipMessage();
    await this.report(prepared.movesNumbers);
    if (outcome instanceof ImapError) {
      await this.#refuse(tag, outcome);
      return;
    }
    await this.send(`${tag} OK ${codeText(outcome.code)}${outcome.text}\r\n`);
    await outcome.after?.();
  }

  /** Drops a message that the client sends without being asked, when nobody wanted it. */
  async #skipMessage(): Promise<void> {
    const unread = this.#unread;
    this.#unread = undefined;
    if (!unread || unread.synchronizing) return;
    await this.peer.input.counted(unread.sizeBytes).drain();
    await skipCommand(this.peer.input);
  }

  /** Reads the arguments and checks the state. @throws ImapError */
  #prepare(cursor: Cursor, tag: string): Prepared {
    const first = cursor.space().word();
    const byUid = first === 'UID';
    const name = byUid ? cursor.space().word() : first;
    const command: Command | undefined = commands.get(name);
    if (!command || (byUid && !command.uid))
      throw bad(`There is no command ${byUid ? 'UID ' : ''}${name.slice(0, 40)}`);
    const run = command.read(cursor, { tag, byUid, utf8: this.utf8 });
    if (!command.states.includes(this.state)) {
      throw bad(this.state === 'notAuthenticated' ? 'Log in first' : `${name} is not possible now`);
    }
    return { run, movesNumbers: byUid || !command.holdsNumbers };
  }

  async #outcome(prepared: Prepared): Promise<Completion | ImapError> {
    try {
      return await prepared.run(this);
    } catch (error) {
      if (endsSession(error)) throw error;
      if (error instanceof FolderGoneError) return no('The folder is no longer there', 'NONEXISTENT');
      // RFC 9208 §4.3.1.
      if ((error as NodeJS.ErrnoException).code === 'EDQUOT') return no('The mailbox is full', 'OVERQUOTA');
      if (!(error instanceof ImapError)) {
        this.services.events.emit('box.fault', { where: `imap session ${this.peer.session}`, error: String(error) });
      }
      return asImapError(error);
    }
  }

  async #refuse(tag: string, error: ImapError): Promise<void> {
    if (error.status === 'BAD') this.#badCommands++;
    await this.send(`${tag} ${error.status} ${codeText(error.code)}${plainText(error.message)}\r\n`);
  }
}

function asImapError(error: unknown): ImapError {
  return error instanceof ImapError ? error : no('Something went wrong inside the server', 'SERVERBUG');
}

function codeText(code: string | undefined): string {
  return code === undefined ? '' : `[${code}] `;
}
