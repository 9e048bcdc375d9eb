import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { ImapFlow } from 'imapflow';
import SMTPConnection, { type SMTPEnvelope } from 'nodemailer/lib/smtp-connection';
import type { FolderView, Line } from './crash-folder-view.ts';
import type { Address, RunningBox } from './running-box.ts';

/** Real clients that stand a server's sudden death: whatever they wait for then rejects. */

export class SmtpClient {
  readonly #connection: SMTPConnection;
  readonly #lost: Promise<never>;

  private constructor({ address, port }: Address) {
    this.#connection = new SMTPConnection({ host: address, port, tls: { rejectUnauthorized: false } });
    this.#lost = new Promise((_, reject) => {
      this.#connection.on('error', reject);
      this.#connection.on('end', () => reject(new Error('the connection ended')));
    });
    this.#lost.catch(() => {});
  }

  static async connect(at: Address, login?: { readonly user: string; readonly pass: string }): Promise<SmtpClient> {
    const client = new SmtpClient(at);
    await client.#ask((done) => client.#connection.connect(done));
    if (login) await client.#ask((done) => client.#connection.login({ credentials: login }, done));
    return client;
  }

  /** @returns the reply to the message; what rejects without `responseCode` was not answered. */
  async send(envelope: SMTPEnvelope, message: Buffer): Promise<string> {
    const { response } = await this.#ask<{ response: string }>((done) => {
      this.#connection.send(envelope, message, done as Parameters<SMTPConnection['send']>[2]);
    });
    return response;
  }

  quit(): void {
    this.#connection.quit();
  }

  #ask<T>(begin: (done: (error?: Error | null, answer?: T) => void) => void): Promise<T> {
    const answered = new Promise<T>((resolve, reject) => {
      begin((error, answer) => (error ? reject(error) : resolve(answer as T)));
    });
    return Promise.race([answered, this.#lost]);
  }
}

export async function openImap(box: Pick<RunningBox, 'listeners' | 'accounts'>, user: string): Promise<ImapFlow> {
  const { address, port } = box.listeners.imap!;
  const client = new ImapFlow({
    host: address,
    port,
    secure: false,
    auth: { user, pass: box.accounts[user]! },
    tls: { rejectUnauthorized: false },
    logger: false,
    disableAutoIdle: true,
  });
  // Told by what is waited for as well.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/**
 * Reads what is new in a folder, and lists the whole; everything anew with `again`. An answer without what was asked for
 * tells of flags that another session set (RFC 9051 §7.5.2), as POP3 does.
 */
export async function readFolder(client: ImapFlow, folder: string, view: FolderView, again = false): Promise<void> {
  const { uidValidity, uidNext, exists } = await client.mailboxOpen(folder, { readOnly: true });
  view.opened(uidValidity, uidNext);
  const lines: Line[] = [];
  if (exists > 0) {
    for await (const { uid, size, envelope } of client.fetch('1:*', { uid: true, size: true, envelope: true }))
      if (size !== undefined) lines.push({ uid, sizeBytes: size, messageId: envelope?.messageId ?? '' });
  }
  view.listed(lines);
  const wanted = new Set(again ? lines.map(({ uid }) => uid) : view.unread);
  if (wanted.size === 0) return;
  const query = { uid: true, source: true };
  for await (const { uid, source } of client.fetch([...wanted].join(','), query, { uid: true })) {
    if (!source) continue;
    view.read(uid, source);
    wanted.delete(uid);
  }
  assert.deepEqual([...wanted], [], `${view.name}: listed, but not to be read`);
}

/** A POP3 client as small as the protocol is. */
export class Pop3Client {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #error: Error | undefined;

  private constructor({ address, port }: Address) {
    this.#socket = connect(port, address);
    this.#socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    this.#socket.on('error', (error) => this.#lost(error));
    this.#socket.on('close', () => this.#lost(new Error('the connection ended')));
  }

  static async open(box: RunningBox, user: string): Promise<Pop3Client> {
    const client = new Pop3Client(box.listeners.pop3!);
    await client.#until('\r\n');
    await client.command(`USER ${user}`);
    await client.command(`PASS ${box.accounts[user]}`);
    return client;
  }

  /** @throws Error when the answer is not +OK */
  async command(line: string): Promise<void> {
    this.#socket.write(`${line}\r\n`);
    const answer = await this.#until('\r\n');
    if (!answer.toString().startsWith('+OK')) throw new Error(`POP3 ${line.slice(0, 4)}: ${answer}`);
  }

  /** Number and unique id of each message. */
  async uidl(): Promise<[string, string][]> {
    await this.command('UIDL');
    const text = (await this.#lines()).toString();
    return text.split('\r\n').flatMap((line) => (line ? [line.split(' ') as [string, string]] : []));
  }

  async retrieve(number: string): Promise<Buffer> {
    await this.command(`RETR ${number}`);
    return this.#lines();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** RFC 1939 §3: lines until one that is a single dot; doubled dots are one. */
  async #lines(): Promise<Buffer> {
    const stuffed = await this.#until('.\r\n', '\r\n.\r\n');
    const text = stuffed.toString('latin1').slice(0, -3);
    return Buffer.from(text.replaceAll(/^\./gm, ''), 'latin1');
  }

  /** Octets up to and with `end`; with `start` alone when they are all there is. */
  async #until(start: string, end: string = start): Promise<Buffer> {
    for (let from = 0; ; ) {
      const alone = start !== end && this.#received.subarray(0, start.length).equals(Buffer.from(start));
      const at = this.#received.indexOf(end, from);
      if (alone || at >= 0) return this.#take(alone ? start.length : at + end.length);
      if (this.#error) throw this.#error;
      from = Math.max(0, this.#received.length - end.length);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(count: number): Buffer {
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  #lost(error: Error): void {
    this.#error ??= error;
    this.#wake?.();
  }
}
