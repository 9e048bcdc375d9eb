import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BoxEvent, EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { SqliteWriter } from '../lib/sqlite.ts';
import { MaildirStore, type MaildirStoreOptions } from './maildir-store.ts';
import type { Mailbox, MessageContent } from './types.ts';

/** One thread serves all tests of a file, until one of them crashes it. */
let sharedWriter = new SqliteWriter();

/** For the tests of this folder: a store in a temporary folder, that can be closed and opened again. */
export class StoreBench {
  readonly folder: string;
  readonly clock = new ManualClock();
  readonly ids = idSource(this.clock);
  readonly events: BoxEvent[] = [];
  readonly bus = new EventBus(this.clock);
  get writer(): SqliteWriter {
    return sharedWriter;
  }

  store: MaildirStore;
  readonly #options: Partial<MaildirStoreOptions>;

  private constructor(folder: string, options: Partial<MaildirStoreOptions>) {
    this.folder = folder;
    this.#options = options;
    this.bus.on((event) => this.events.push(event));
    this.store = this.make(options);
  }

  static async make(options: Partial<MaildirStoreOptions> = {}): Promise<StoreBench> {
    return new StoreBench(await mkdtemp(join(tmpdir(), 'caselli-store-')), options);
  }

  make(options: Partial<MaildirStoreOptions>): MaildirStore {
    const { folder, clock, ids, writer } = this;
    return new MaildirStore({ folder, clock, ids, writer, events: this.bus, hostName: 'box.office.test', ...options });
  }

  maildir(account: string, ...path: string[]): string {
    return join(this.folder, account, 'Maildir', ...path);
  }

  /** Ends the store without its closing, as a crash does, or in order. */
  async reopen(how: 'crash' | 'close'): Promise<void> {
    if (how === 'close') await this.store.close();
    await sharedWriter.close();
    sharedWriter = new SqliteWriter();
    this.store = this.make(this.#options);
  }

  async end(): Promise<void> {
    await this.store.close().catch(() => {});
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function textOf(content: MessageContent | undefined, start?: number, end?: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content!.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

export function message(subject: string, body = 'text'): string {
  return `From: a@office.test\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;
}

/** Subjects of a folder by UID. */
export async function subjects(mailbox: Mailbox, name: string): Promise<[number, string][]> {
  const folder = (await mailbox.folder(name))!;
  const found: [number, string][] = [];
  for (const { uid } of await folder.list()) {
    const text = await textOf(await folder.content(uid));
    found.push([uid, /^Subject: (.*)\r$/m.exec(text)?.[1] ?? '']);
  }
  return found;
}
