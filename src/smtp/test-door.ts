import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Authenticator } from '../accounts/authenticator.ts';
import { makeSnapshot } from '../accounts/snapshot.ts';
import { type Config, type ConfigDocument, readConfig } from '../config/schema.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import type { Entrance, Submission } from '../queue/types.ts';
import { routingConfig } from '../routing/config.ts';
import { route } from '../routing/route.ts';
import { Tls } from '../system/tls.ts';
import type { ListenerName, SmtpParts } from './listener.ts';
import { SmtpServer } from './server.ts';

/** For the tests of this folder: a whole server on free ports, with a queue and a directory in memory. */

export interface Taken extends Omit<Submission, 'content'> {
  readonly content: Buffer;
}

export const password = 'correct horse';

const directory = makeSnapshot({
  domains: ['office.test'],
  people: [
    { address: 'alice@office.test', fullName: 'Alice', fax: true, disabled: false },
    { address: 'bob@office.test', fullName: 'Bob', fax: false, disabled: false },
  ],
  aliases: [{ name: 'sales@office.test', targets: ['alice@office.test', 'bob@office.test'] }],
});

/** Nobody waits: what slows down hostile clients has a test of its own. */
const hastyClock: Clock = { now: () => Date.now(), timer: (_, run) => systemClock.timer(0, run) };

/** Takes everything, and keeps it. */
export class MemoryEntrance implements Entrance {
  readonly taken: Taken[] = [];

  async submit({ content, ...submission }: Submission): Promise<{ id: string; sizeBytes: number }> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    this.taken.push({ ...submission, content: bytes });
    return { id: `m${this.taken.length}`, sizeBytes: bytes.length };
  }
}

const authenticator: Authenticator = {
  authenticate: async (name, given) => {
    const account = directory.account(name.includes('@') ? name : `${name}@office.test`);
    if (name === 'busy') return { kind: 'throttled', retryAfterMs: 1000 };
    return account && given === password ? { kind: 'accepted', account } : { kind: 'refused' };
  },
};

export interface Door {
  readonly server: SmtpServer;
  readonly ports: Readonly<Record<ListenerName, number>>;
  readonly entrance: MemoryEntrance;
  /** Names and fields of what was told. */
  readonly told: string[];
  readonly ca: string;
  close(): Promise<void>;
}

/** @param settings the `smtp` part of the configuration; ports are chosen by the system. */
export async function openDoor(
  settings: NonNullable<ConfigDocument['smtp']> = {},
  parts: Partial<SmtpParts> = {},
): Promise<Door> {
  const anyPort = { port: 0 };
  const config = configOf({ ...settings, smtp: anyPort, submission: anyPort, submissions: anyPort });
  const folder = await mkdtemp(join(tmpdir(), 'caselli-smtp-'));
  const tls = await Tls.open({ folder, names: () => [config.name], clock: systemClock });
  const events = new EventBus(systemClock);
  const told: string[] = [];
  events.on(({ name, fields }) => told.push(`${name} ${JSON.stringify(fields)}`));
  const entrance = new MemoryEntrance();
  const routing = routingConfig(config);
  const server = new SmtpServer({
    config: () => config.smtp,
    scheduleAhead: () => config.queue.scheduleAhead,
    name: () => config.name,
    entrance,
    authenticator,
    route: (address, asker) => route(address, asker, directory, routing),
    directory: () => directory,
    tls: () => tls.context(),
    events,
    clock: hastyClock,
    ids: idSource(systemClock),
    ...parts,
  });
  const tidy = async (): Promise<void> => {
    tls.close();
    await rm(folder, { recursive: true });
  };
  const addresses = await server.listen().catch(async (error) => {
    await tidy();
    throw error;
  });
  const port = (name: ListenerName): number => addresses[name]!.port;
  return {
    server,
    ports: { smtp: port('smtp'), submission: port('submission'), submissions: port('submissions') },
    entrance,
    told,
    ca: tls.authority().cert,
    async close() {
      await server.close(0);
      await tidy();
    },
  };
}

function configOf(smtp: ConfigDocument['smtp']): Config {
  const reading = readConfig({ name: 'box.office.test', postmaster: 'alice@office.test', smtp });
  if (reading.kind === 'invalid') throw new Error(JSON.stringify(reading.problems));
  return reading.config;
}

/** A client that says and hears octets as they are. */
export class RawClient {
  #socket: Socket | TLSSocket;
  #heard = '';
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket | TLSSocket) {
    this.#socket = socket;
    this.#attach();
  }

  static plain(port: number): RawClient {
    return new RawClient(connect(port, '127.0.0.1'));
  }

  static tls(port: number, ca: string): RawClient {
    return new RawClient(connectTls({ port, host: '127.0.0.1', ca }));
  }

  /** Goes on under TLS. */
  async startTls(ca: string): Promise<void> {
    this.#socket.removeAllListeners();
    const secure = connectTls({ socket: this.#socket, host: '127.0.0.1', ca });
    await new Promise<void>((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
    this.#socket = secure;
    this.#attach();
  }

  #attach(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('utf8');
      this.#wake();
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  say(octets: string | Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(octets);
  }

  /** One reply, its lines without CRLF joined by LF; `(closed)` when the server has gone. */
  async reply(): Promise<string> {
    for (;;) {
      const [whole] = /^(?:\d{3}-.*\r\n)*\d{3}(?: .*)?\r\n/.exec(this.#heard) ?? [];
      if (whole !== undefined) {
        this.#heard = this.#heard.slice(whole.length);
        return whole.trimEnd().replaceAll('\r\n', '\n');
      }
      if (this.#ended) return '(closed)';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async ask(line: string | Uint8Array): Promise<string> {
    this.say(typeof line === 'string' ? `${line}\r\n` : line);
    return this.reply();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Everything until the server closes. */
  async rest(): Promise<string> {
    const replies: string[] = [];
    for (let reply = await this.reply(); reply !== '(closed)'; reply = await this.reply()) replies.push(reply);
    return replies.join('\n');
  }
}
