import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Directory } from './accounts/directory.ts';
import { parseDocument } from './config/config-store.ts';
import { type ConfigDocument, readConfig } from './config/schema.ts';
import { systemClock } from './lib/clock.ts';
import { EventBus } from './lib/events.ts';
import type { SqliteWriter } from './lib/sqlite.ts';
import { settleRestoredQueue } from './queue/restored.ts';
import { countMessages, leaveRoomForUids } from './store/restored.ts';
import { BackupError } from './system/backup/backup-error.ts';
import type { Manifest } from './system/backup/manifest.ts';
import type { BackupPart, Tally } from './system/backup/parts.ts';

/**
 * What of the data folder is in a backup, and what is done to restored data before it takes the place of the present one.
 *
 * The order of the parts is the way of a message: a received fax is handed to the queue, the queue fills mailboxes. They are
 * copied one after the other (`system/backup/snapshot.ts`), so a message that moves on meanwhile is found in both places
 * rather than in none; handing it on again is harmless, since faxes and deliveries carry ids that the next one knows.
 *
 * A restored queue holds messages that were waiting when the backup was made. Most of them have reached their recipients
 * since, from the box that the backup is of. So what would leave the box (mail to other hosts, faxes) is put on hold, and a
 * person decides: release what never went, cancel the rest. Deliveries to mailboxes go on: a mailbox knows which it has.
 */
export const backupParts: readonly BackupPart[] = [
  { path: 'fax', kind: 'folder', config: false, databases: ['calls.db', 'faxes.db'], leaveOut: /^(?:out|bodies)$/ },
  { path: 'desk', kind: 'folder', config: false, databases: ['desk.db'], leaveOut: /^drafts$/ },
  { path: 'queue', kind: 'folder', config: false, databases: ['queue.db'] },
  { path: 'mail-log.db', kind: 'sqlite', config: false },
  { path: 'mail', kind: 'folder', config: false, databases: ['index.db'], leaveOut: /^(?:tmp|made-.*|\.?removed-.*)$/ },
  { path: 'tls', kind: 'folder', config: false },
  // What of the network is in force and on trial is this machine's, whatever is restored.
  { path: 'identity', kind: 'folder', config: false, leaveOut: /^(?:network|network-trial\.json|ssh-until)$/ },
  // The note of the last entry may be of a later moment than the entries: the next entry writes it anew.
  { path: 'audit', kind: 'folder', config: false, growing: /\.log$/, leaveOut: /^end$/ },
  { path: 'setup.json', kind: 'file', config: true },
  { path: 'history', kind: 'folder', config: true },
  { path: 'demo.json', kind: 'file', config: true },
  { path: 'directory.db', kind: 'sqlite', config: true },
  { path: 'config.json', kind: 'file', config: true },
];

/** What is in no backup: it belongs to the running program or the machine, or can be made anew. */
export const notBackedUp: readonly string[] = [
  'lock',
  'admin.sock',
  'run.json',
  'config.schema.json',
  'exchange',
  'log',
  'clock',
  'backup',
  'restore',
  'version.json',
  'update.json',
  'before-update',
  'before-update.new',
  'lost+found',
  'mail-log.db.broken',
  'mail-log.db.broken-wal',
  'mail-log.db.broken-shm',
];

/** Accounts, and messages of each. */
export async function tallyData(folder: string, writer: SqliteWriter): Promise<Tally> {
  const directory = await Directory.open(writer, join(folder, 'directory.db'), { events: new EventBus(systemClock) });
  const accounts = directory.listPeople().length;
  await directory.close();
  const messages = [...(await countMessages(join(folder, 'mail')))];
  return { accounts, ...Object.fromEntries(messages.map(([account, count]) => [`messages of ${account}`, count])) };
}

/** Whether this program can use the restored settings. @throws BackupError in words */
export async function checkData(folder: string): Promise<void> {
  const reading = readConfig(await documentIn(folder));
  if (reading.kind === 'valid') return;
  const [{ path, message } = { path: 'config.json', message: 'is not valid' }] = reading.problems;
  throw new BackupError(
    'newer',
    `The settings of the backup cannot be used by this version of Caselli: ${path} ${message}.`,
  );
}

export interface Settling {
  /** The data folder that the restored one will replace. */
  readonly data: string;
  readonly box: Manifest['box'];
  readonly writer: SqliteWriter;
  /** The network settings of the backup are taken even when it is of another board. */
  readonly takeNetwork: boolean;
  /** Nothing is put on hold: whoever asks knows that nothing was sent since. */
  readonly releaseQueue: boolean;
}

/** @returns how many messages of the queue are on hold now. */
export async function settleRestored(
  folder: string,
  manifest: Manifest,
  settling: Settling,
): Promise<{ held: number }> {
  const { data, box, writer, takeNetwork, releaseQueue } = settling;
  if (manifest.box.board !== box.board && !takeNetwork) await keepNetwork(folder, data);
  if (manifest.what === 'config') return { held: 0 };
  await leaveRoomForUids(join(folder, 'mail'), writer);
  const queue = { folder: join(folder, 'queue'), writer, now: systemClock.now() };
  return { held: await settleRestoredQueue(queue, !releaseQueue) };
}

async function keepNetwork(folder: string, data: string): Promise<void> {
  const present = await documentIn(data).catch(() => ({}) as ConfigDocument);
  const restored = await documentIn(folder);
  const { network: _, ...system } = restored.system ?? {};
  const network = present.system?.network;
  const merged = { ...restored, system: { ...system, ...(network && { network }) } };
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(merged, null, 2)}\n`);
}

async function documentIn(folder: string): Promise<ConfigDocument> {
  return parseDocument(await readFile(join(folder, 'config.json'), 'utf8'));
}
