import type { Directory } from './accounts/directory.ts';
import { type BackupAdmin, backupAdmin } from './admin/backup-admin.ts';
import { backupParts, checkData, settleRestored, tallyData } from './box-data.ts';
import type { Machine } from './box-system.ts';
import type { ConfigStore } from './config/config-store.ts';
import type { Clock } from './lib/clock.ts';
import { EventBus } from './lib/events.ts';
import type { IdSource } from './lib/ids.ts';
import type { SqliteWriter } from './lib/sqlite.ts';
import { MaildirStore } from './store/maildir-store.ts';
import type { MailStore } from './store/types.ts';
import { Backups } from './system/backup/backups.ts';
import { destinations } from './system/backup/destinations/open.ts';
import type { Manifest } from './system/backup/manifest.ts';
import type { RestoreParts } from './system/backup/restore.ts';
import type { Plan } from './system/backup/swap.ts';
import type { Finding } from './system/findings.ts';

export interface BoxBackupsParts {
  readonly machine: Pick<Machine, 'facts' | 'privileged' | 'version'>;
  readonly data: string;
  readonly config: ConfigStore;
  readonly writer: SqliteWriter;
  readonly directory: Directory;
  readonly store: MailStore;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  /** The backup that the data was taken from at this start. */
  readonly restored: Plan | undefined;
  /** Whether the box serves. */
  readonly running: () => boolean;
}

/** Whoever asked for a restore has the answer by then. */
const restartDelayMs = 1000;

/** The backups of the box and what is restored from them, wired to its settings, data and helper. */
export class BoxBackups {
  readonly api: BackupAdmin;
  readonly #parts: BoxBackupsParts;
  readonly #backups: Backups;

  private constructor(parts: BoxBackupsParts, restore: RestoreParts, backups: Backups) {
    const { data, config, writer, directory, store } = parts;
    this.#parts = parts;
    this.#backups = backups;
    this.api = backupAdmin({
      backups,
      restore,
      passphrase: () => config.config.system.backup.passphrase,
      store,
      openStore: (folder) => openRestored(folder, parts),
      knows: (address) => directory.credentials(address) !== undefined,
      settle: (folder, manifest, options) =>
        settleRestored(folder, manifest, { data, box: boxOf(parts), writer, ...options }),
      restart: () => this.#restart(),
    });
  }

  static async open(parts: BoxBackupsParts): Promise<BoxBackups> {
    const { machine, data, config, writer, clock, ids, events } = parts;
    const restore: RestoreParts = {
      data,
      parts: backupParts,
      program: machine.version,
      newId: ids,
      tally: (folder) => tallyData(folder, writer),
      check: checkData,
    };
    const backups = await Backups.open({
      ...restore,
      box: () => boxOf(parts),
      settings: () => config.config.system.backup,
      zone: () => config.config.system.time.zone,
      withDestination: destinations(machine.privileged),
      clock,
      ids,
      events,
    });
    return new BoxBackups(parts, restore, backups);
  }

  /** Begins to follow the schedule. */
  start(): void {
    const { restored, events } = this.#parts;
    if (restored) events.emit('backup.restored', restored.note);
    this.#backups.start();
  }

  /** Ends the schedule and the backup that runs. */
  stop(): Promise<void> {
    return this.#backups.stop();
  }

  findings(): readonly Finding[] {
    return this.#backups.findings();
  }

  /** On a box the program is brought up again at once. */
  #restart(): boolean {
    const { machine, running, clock } = this.#parts;
    if (!machine.facts || !running()) return false;
    clock.timer(restartDelayMs, () => process.kill(process.pid, 'SIGTERM'));
    return true;
  }
}

/** What a backup says of the box that it is of. */
function boxOf({ machine, config }: BoxBackupsParts): Manifest['box'] {
  return { name: config.config.name, board: machine.facts?.board ?? '' };
}

/** A store over restored mailboxes; what happens in it is no news. */
function openRestored(folder: string, { writer, clock, ids, config }: BoxBackupsParts): MailStore {
  return new MaildirStore({ folder, writer, clock, ids, events: new EventBus(clock), hostName: config.config.name });
}
