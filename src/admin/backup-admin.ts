import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Content, chunksOf } from '../lib/durable.ts';
import { accountFolder } from '../store/account-folder.ts';
import type { MailStore } from '../store/types.ts';
import { BackupError, type BackupErrorKind } from '../system/backup/backup-error.ts';
import type { Backups } from '../system/backup/backups.ts';
import type { DestinationKind } from '../system/backup/destinations/destination.ts';
import type { Manifest } from '../system/backup/manifest.ts';
import type { BackupRecord } from '../system/backup/records.ts';
import {
  extractFrom,
  giveUpRestore,
  prepareRestore,
  type RestoreParts,
  type Verified,
  verifyBackup,
} from '../system/backup/restore.ts';
import { PrivilegedError } from '../system/privileged/operations.ts';
import { AdminError, exitCodes, type Output } from './admin-api.ts';
import { type MailboxRestored, restoreMailbox } from './mailbox-restore.ts';
import type { BackupContent, BackupList, BackupMade, BackupResult, RestoreView } from './views/backup-views.ts';

export type { BackupContent, BackupList, BackupMade, BackupResult, RestoreView } from './views/backup-views.ts';

/** Backups and restores, as they can be asked of a box. Backups that are read are content, or named by destination. */
export interface BackupAdmin {
  /** Hands out a backup as bytes. Without a passphrase that of the settings is used. */
  backupCreate(what: { config: boolean; passphrase: string }, output: Output): Promise<BackupMade>;
  /** Makes a backup at a destination; without one that of the settings. */
  backupRun(what: { to: DestinationKind | ''; config: boolean; passphrase: string }): Promise<BackupResult>;
  /** The last results; with a destination also what is kept there. */
  backupList(what: { to: DestinationKind | '' }): Promise<BackupList>;
  backupVerify(from: BackupSource, content: Content): Promise<BackupContent>;
  /** Checks a backup whole and makes it ready: the box comes up on it when it starts again. */
  backupRestore(
    from: BackupSource & { readonly network: boolean; readonly release: boolean },
    content: Content,
  ): Promise<RestoreView>;
  /** Gives up what was made ready and was not taken yet. */
  backupRestoreCancel(): Promise<{ readonly cancelled: boolean }>;
  /** Puts the missing messages of one account back, while the box runs. */
  backupRestoreMailbox(
    from: BackupSource & { readonly address: string; readonly folder: string; readonly inPlace: boolean },
    content: Content,
  ): Promise<MailboxRestored>;
}

/** Where a backup is: the content that follows, or a name at a destination. */
export interface BackupSource {
  readonly passphrase: string;
  readonly from: DestinationKind | '';
  readonly name: string;
}

export interface BackupAdminParts {
  readonly backups: Backups;
  readonly restore: RestoreParts;
  readonly passphrase: () => string;
  /** The mailboxes in use, and a store over restored ones. */
  readonly store: MailStore;
  readonly openStore: (folder: string) => MailStore;
  readonly knows: (address: string) => boolean;
  readonly settle: (
    folder: string,
    manifest: Manifest,
    options: { readonly takeNetwork: boolean; readonly releaseQueue: boolean },
  ) => Promise<{ readonly held: number }>;
  /** Starts the program again, soon. @returns false where nobody would bring it up. */
  readonly restart: () => boolean;
}

export function backupAdmin(parts: BackupAdminParts): BackupAdmin {
  const { backups, restore } = parts;
  const read = <T>(
    { from, name, passphrase }: BackupSource,
    content: Content,
    use: (bytes: AsyncIterable<Uint8Array>, passphrase: string) => Promise<T>,
  ): Promise<T> =>
    told(async () => {
      const phrase = passphrase || parts.passphrase();
      if (phrase === '') throw new BackupError('settings', 'Give the passphrase of the backup.');
      if (from === '') return use(asynchronous(content), phrase);
      return backups.fetch(from, name, (bytes) => use(bytes, phrase));
    });
  return {
    backupCreate: ({ config, passphrase }, output) =>
      told(() => backups.create(config ? 'config' : 'all', passphrase, output)),
    backupRun: ({ to, config, passphrase }) =>
      told(async () => resultView(await backups.run(to || backups.destination, config ? 'config' : 'all', passphrase))),
    backupList: ({ to }) =>
      told(async () => {
        const { progress, state } = backups;
        const done = progress ? Math.floor((100 * progress.doneBytes) / Math.max(progress.totalBytes, 1)) : -1;
        const stored = to === '' ? [] : await backups.stored(to);
        return { results: state.records.map(resultView), progress: Math.min(done, 100), stored };
      }),
    backupVerify: (from, content) =>
      read(from, content, async (bytes, passphrase) => contentView(await verifyBackup(restore, bytes, passphrase))),
    backupRestore: async ({ network, release, ...from }, content) => {
      const view = await read(from, content, async (bytes, passphrase) => {
        const { verified, note } = await prepareRestore(restore, bytes, passphrase, (folder, manifest) =>
          parts.settle(folder, manifest, { takeNetwork: network, releaseQueue: release }),
        );
        return { ...contentView(verified), held: note.held };
      });
      // Only now: the stick that it was read from is unmounted, and the answer is on its way.
      return { ...view, restarts: parts.restart() };
    },
    backupRestoreCancel: () => told(async () => ({ cancelled: await giveUpRestore(restore.data) })),
    backupRestoreMailbox: ({ address, folder, inPlace, ...from }, content) => {
      const account = address.toLowerCase();
      if (!parts.knows(account))
        throw new AdminError(
          exitCodes.noUser,
          `there is no account ${address} on this box: add it first, then restore its mail`,
        );
      const prefix = `mail/${accountFolder(account)}/`;
      return read(from, content, (bytes, passphrase) =>
        extractFrom(
          restore,
          bytes,
          passphrase,
          (path) => path.startsWith(prefix),
          async (place) => {
            if (!existsSync(join(place, prefix)))
              throw new BackupError('settings', `The backup holds no mailbox of ${account}.`);
            const store = parts.openStore(join(place, 'mail'));
            try {
              return await restoreMailbox(store, parts.store, { account, folder, inPlace });
            } finally {
              await store.close();
            }
          },
        ),
      );
    },
  };
}

async function* asynchronous(content: Content): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunksOf(content);
}

function resultView({ at, durationMs, ...record }: BackupRecord): BackupResult {
  return { at: new Date(at).toISOString(), ...record, durationSeconds: Math.round(durationMs / 1000) };
}

function contentView({ manifest, tally, databases }: Verified): BackupContent {
  const { at, what, box, program } = manifest;
  return { at, what, box: box.name, program, databases, tally };
}

const codes: Readonly<Record<BackupErrorKind, number>> = {
  passphrase: exitCodes.noPermission,
  damaged: exitCodes.data,
  foreign: exitCodes.data,
  newer: exitCodes.data,
  space: exitCodes.cannotCreate,
  busy: exitCodes.tempFail,
  settings: exitCodes.config,
  destination: exitCodes.unavailable,
  source: exitCodes.software,
};

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupError) throw new AdminError(codes[error.kind], error.message, { cause: error });
    if (error instanceof PrivilegedError) throw new AdminError(exitCodes.unavailable, error.message, { cause: error });
    throw error;
  }
}
