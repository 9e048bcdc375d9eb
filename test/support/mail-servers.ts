import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoginResult } from '../../src/accounts/authenticator.ts';
import { type ConfigDocument, readConfig } from '../../src/config/schema.ts';
import { ImapServer } from '../../src/imap/server.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { EventBus } from '../../src/lib/events.ts';
import { idSource } from '../../src/lib/ids.ts';
import { SqliteWriter } from '../../src/lib/sqlite.ts';
import { Pop3Server } from '../../src/pop3/server.ts';
import { MaildirStore } from '../../src/store/maildir-store.ts';
import { Tls } from '../../src/system/tls.ts';

/** IMAP and POP3 on loopback over a Maildir store in a temporary folder, for clients that others wrote. */
export interface MailServers {
  readonly store: MaildirStore;
  readonly imap: ImapServer;
  readonly pop3: Pop3Server;
  readonly ports: Readonly<Record<'imap' | 'imaps' | 'pop3' | 'pop3s', number>>;
  /** Names and fields of the events told. */
  readonly told: string[];
  /** Temporary, removed at the end; */
  readonly folder: string;
  readonly ca: string;
  close(): Promise<void>;
}

export const alice = { user: 'alice@office.test', pass: 'correct horse' } as const;

export async function openMailServers(
  settings: Pick<ConfigDocument, 'imap' | 'pop3'> & { readonly quotaBytes?: number } = {},
): Promise<MailServers> {
  const anyPort = { port: 0 };
  const reading = readConfig({
    name: 'localhost',
    imap: { imap: anyPort, imaps: anyPort, ...settings.imap },
    pop3: { pop3: anyPort, pop3s: anyPort, ...settings.pop3 },
  });
  if (reading.kind === 'invalid') throw new Error(JSON.stringify(reading.problems));
  const { config } = reading;
  const folder = await mkdtemp(join(tmpdir(), 'caselli-mail-'));
  const ids = idSource(systemClock);
  const events = new EventBus(systemClock);
  const told: string[] = [];
  events.on(({ name, fields }) => told.push(`${name} ${JSON.stringify(fields)}`));
  const tls = await Tls.open({ folder, names: () => [config.name], clock: systemClock });
  const writer = new SqliteWriter();
  const clock = systemClock;
  const store = new MaildirStore({
    folder: join(folder, 'mail'),
    writer,
    clock,
    ids,
    events,
    hostName: 'box.office.test',
    quota: () => settings.quotaBytes ?? 0,
  });
  const parts = { name: () => config.name, store, authenticator, secureContext: () => tls.context(), events, ids };
  const imap = new ImapServer({ ...parts, clock: hasty, config: () => config.imap });
  const pop3 = new Pop3Server({ ...parts, clock: hasty, config: () => config.pop3 });
  const bound = { ...(await imap.listen()), ...(await pop3.listen()) };
  const port = (name: keyof typeof bound): number => bound[name]?.port ?? 0;
  return {
    store,
    imap,
    pop3,
    ports: { imap: port('imap'), imaps: port('imaps'), pop3: port('pop3'), pop3s: port('pop3s') },
    told,
    folder,
    ca: tls.authority().cert,
    async close() {
      await Promise.all([imap.close(0), pop3.close(0)]);
      await store.close();
      await writer.close();
      tls.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The wait before a wrong password is answered is not waited for. */
const hasty: typeof systemClock = {
  now: systemClock.now,
  timer: (delayMs, run) => systemClock.timer(delayMs === 2000 ? 0 : delayMs, run),
};

const authenticator = {
  async authenticate(name: string, password: string): Promise<LoginResult> {
    if (name !== alice.user || password !== alice.pass) return { kind: 'refused' };
    return { kind: 'accepted', account: { address: alice.user, fullName: 'Alice', fax: true, disabled: false } };
  },
};
