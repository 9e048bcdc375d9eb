import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../lib/clock.ts';
import { makeFolder } from '../../lib/durable.ts';
import type { EventBus } from '../../lib/events.ts';
import type { IdSource } from '../../lib/ids.ts';
import type { Finding } from '../findings.ts';
import { archiveOf } from './archive.ts';
import { BackupError, reasonOf } from './backup-error.ts';
import {
  type BackupSettings,
  backupName,
  type DestinationKind,
  outdated,
  type StoredBackup,
} from './destinations/destination.ts';
import type { WithDestination } from './destinations/open.ts';
import { judgeBackups } from './findings.ts';
import { formatVersion, type Manifest } from './manifest.ts';
import type { BackupPart, Tally } from './parts.ts';
import { type BackupRecord, BackupRecords, type BackupState } from './records.ts';
import { afterFailure, dueAt, latestSlot } from './schedule.ts';
import { sealed } from './seal.ts';
import { takeSnapshot } from './snapshot.ts';

export interface BackupsParts {
  /** The data folder; `backup/` in it is this module's. */
  readonly data: string;
  /** In the order in which they are copied (`snapshot.ts`). */
  readonly parts: readonly BackupPart[];
  readonly program: string;
  readonly box: () => Manifest['box'];
  readonly settings: () => BackupSettings;
  readonly zone: () => string;
  /** Counts what is in a copy of the data folder. */
  readonly tally: (folder: string) => Promise<Tally>;
  readonly withDestination: WithDestination;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
}

/** What a backup became. */
export interface Made {
  readonly sizeBytes: number;
  readonly files: number;
  readonly tally: Tally;
}

export interface BackupProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** The schedule is looked at once in so long. */
const lookMs = 60_000;

/**
 * Makes backups: one encrypted stream (an archive in the age format), taken while the box runs, or the same sent to a
 * destination, by hand or by schedule. One at a time. A power cut leaves nothing that looks like a backup; the scheduled one
 * is begun anew.
 */
export class Backups {
  readonly #parts: BackupsParts;
  readonly #records: BackupRecords;
  #progress: BackupProgress | undefined;
  #busy = false;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  private constructor(parts: BackupsParts, records: BackupRecords) {
    this.#parts = parts;
    this.#records = records;
  }

  /** Removes what a crash left, and writes down that a backup was cut off by it. */
  static async open(parts: BackupsParts): Promise<Backups> {
    const folder = join(parts.data, 'backup');
    await makeFolder(folder);
    for (const name of await readdir(folder)) {
      if (name.startsWith('copy-')) await rm(join(folder, name), { recursive: true, force: true });
    }
    const records = await BackupRecords.open(join(folder, 'state.json'));
    const { running, records: before } = records.state;
    if (running) {
      const cutOff = { ...running, error: 'The box was switched off or started again meanwhile.' };
      await records.write({ records: [...before, cutOff], running: undefined });
    }
    return new Backups(parts, records);
  }

  get state(): BackupState {
    return this.#records.state;
  }

  /** Where backups go when nothing else is said. */
  get destination(): DestinationKind {
    return this.#parts.settings().to;
  }

  /** How far the present one is; undefined when none runs. */
  get progress(): BackupProgress | undefined {
    return this.#progress;
  }

  findings(): readonly Finding[] {
    return [judgeBackups(this.#parts.settings(), this.#records.state, this.#parts.clock.now())];
  }

  /**
   * Makes a backup and hands its bytes on.
   * @param output resolves when more may come; when it throws the backup ends
   * @throws BackupError
   */
  create(
    what: 'all' | 'config',
    passphrase: string,
    output: (chunk: Uint8Array) => Promise<void> | void,
  ): Promise<Made> {
    const phrase = this.#passphrase(passphrase);
    return this.#alone(() =>
      this.#make(what, phrase, async (content) => {
        for await (const chunk of content) await output(chunk);
      }),
    );
  }

  /** Makes a backup at a destination, and removes there what is older than the newest `keep`. @throws BackupError */
  async run(to: DestinationKind, what: 'all' | 'config', passphrase = '', scheduled = false): Promise<BackupRecord> {
    const phrase = this.#passphrase(passphrase);
    return this.#alone(() => this.#send({ to, what, scheduled }, phrase));
  }

  async #send(task: Pick<BackupRecord, 'to' | 'what' | 'scheduled'>, passphrase: string): Promise<BackupRecord> {
    const { settings, clock, box, events, withDestination } = this.#parts;
    const { to, what } = task;
    const at = clock.now();
    const name = backupName({ box: box().name, at, what });
    const begun: BackupRecord = { ...task, at, name, error: '', sizeBytes: 0, durationMs: 0 };
    const done = async (change: Partial<BackupRecord>): Promise<BackupRecord> => {
      const record = { ...begun, ...change, durationMs: Math.max(clock.now() - at, 0) };
      await this.#records.write({ records: [...this.#records.state.records, record], running: undefined });
      return record;
    };
    await this.#records.write({ running: begun });
    try {
      const { keep } = settings();
      const made = await withDestination(to, settings(), async (destination) => {
        const result = await this.#make(what, passphrase, (content, bytes) => destination.put(name, content, bytes));
        const names = (await destination.list()).map((one) => one.name);
        if (!names.includes(name)) throw new BackupError('destination', 'The backup was sent, and is not there now.');
        for (const old of outdated(names, name, keep)) await destination.remove(old);
        return result;
      });
      const { sizeBytes, files } = made;
      const record = await done({ sizeBytes });
      events.emit('backup.done', { to, name, sizeBytes, files, durationMs: record.durationMs });
      return record;
    } catch (error) {
      await done({ error: reasonOf(error) });
      events.emit('backup.failed', { to, reason: reasonOf(error) });
      throw error;
    }
  }

  /** What is kept at a destination, newest last. @throws BackupError */
  async stored(to: DestinationKind): Promise<readonly StoredBackup[]> {
    const { withDestination, settings } = this.#parts;
    const found = await withDestination(to, settings(), (destination) => destination.list());
    return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Reads one of them; `use` has its bytes as long as it runs. */
  fetch<T>(to: DestinationKind, name: string, use: (content: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
    const { withDestination, settings } = this.#parts;
    return withDestination(to, settings(), async (destination) => {
      const there = (await destination.list()).some((one) => one.name === name);
      if (!there) throw new BackupError('destination', `There is no backup "${name}".`);
      return use(destination.read(name));
    });
  }

  /** Begins to follow the schedule. */
  start(): void {
    const next = (): void => {
      this.#timer = this.#parts.clock.timer(lookMs, () => {
        this.#looking = this.look().finally(() => {
          if (!this.#stopping.signal.aborted) next();
        });
      });
    };
    next();
  }

  /** Ends the schedule and the backup that runs. */
  async stop(): Promise<void> {
    this.#stopping.abort(new BackupError('busy', 'The box is stopping.'));
    this.#timer?.cancel();
    await this.#looking;
  }

  /** Resolves when the schedule does nothing at this moment. */
  settled(): Promise<void> {
    return this.#looking;
  }

  /** Makes the scheduled backup when it is due. Failures are written down and tried again. */
  async look(): Promise<void> {
    const { settings, zone, clock, events } = this.#parts;
    try {
      const { schedule, to, what } = settings();
      const slot = schedule === 'off' ? undefined : latestSlot(settings(), clock.now(), zone());
      const due = dueAt(slot, this.#records.state.progress);
      if (slot === undefined || due === undefined || due > clock.now() || this.#busy) return;
      try {
        await this.run(to, what, '', true);
        await this.#records.write({ progress: { done: slot } });
      } catch {
        // Written down and told by `run`.
        await this.#records.write({ progress: afterFailure(slot, this.#records.state.progress, clock.now()) });
      }
    } catch (error) {
      events.emit('box.fault', { where: 'backup', error: String(error) });
    }
  }

  #passphrase(given: string): string {
    const passphrase = given || this.#parts.settings().passphrase;
    if (passphrase !== '') return passphrase;
    throw new BackupError('settings', 'A backup needs a passphrase: give one, or set system.backup.passphrase.');
  }

  /** One backup at a time. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) throw new BackupError('busy', 'A backup is being made already: wait until it is done.');
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  async #make(
    what: 'all' | 'config',
    passphrase: string,
    send: (content: AsyncIterable<Uint8Array>, sizeBytes: number) => Promise<void>,
  ): Promise<Made> {
    const { data, ids, clock, program, box } = this.#parts;
    const folder = join(data, 'backup', `copy-${ids()}`);
    try {
      const at = new Date(clock.now()).toISOString();
      const chosen = this.#parts.parts.filter(({ config }) => config || what === 'all');
      const snapshot = await takeSnapshot(data, folder, chosen);
      const tally = await this.#parts.tally(folder);
      const { files, bytes, parts } = snapshot;
      const manifest: Manifest = {
        format: formatVersion,
        program,
        at,
        what,
        box: box(),
        parts: [...parts],
        files,
        bytes,
      };
      const archive = archiveOf(folder, manifest, tally, (doneBytes) => {
        this.#progress = { doneBytes, totalBytes: bytes };
      });
      let sizeBytes = 0;
      const counted = this.#counted(sealed(archive, passphrase), (length) => {
        sizeBytes += length;
      });
      await send(counted, bytes);
      return { sizeBytes, files, tally };
    } finally {
      this.#progress = undefined;
      await rm(folder, { recursive: true, force: true });
    }
  }

  async *#counted(
    content: AsyncIterable<Uint8Array>,
    count: (length: number) => void,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal } = this.#stopping;
    for await (const chunk of content) {
      signal.throwIfAborted();
      count(chunk.length);
      yield chunk;
    }
  }
}
