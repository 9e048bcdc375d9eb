import type { Config } from '../../../config/schema.ts';

export type BackupSettings = Config['system']['backup'];
export type DestinationKind = BackupSettings['to'];

/** A place that keeps backups. Its operations throw BackupError (destination) in words for people. */
export interface Destination {
  /**
   * Stores what comes under a name that is not there yet. Until all has come it never looks like a backup, whatever
   * happens to the connection or the power; what such an end left of this box is removed by the next one.
   * @param sizeBytes about how much will come
   */
  put(name: BackupName, content: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<void>;
  /** Backups that are there, of whatever box, in any order. */
  list(): Promise<readonly StoredBackup[]>;
  read(name: string): AsyncIterable<Uint8Array>;
  remove(name: string): Promise<void>;
}

export interface StoredBackup {
  readonly name: string;
  readonly sizeBytes: number;
}

/** `caselli-box.example.com-2026-11-22T011500Z-all.age` */
export type BackupName = `caselli-${string}.age`;

/** Backups looked at in one place. */
export const listLimit = 10_000;

export interface NameParts {
  readonly box: string;
  /** ms */
  readonly at: number;
  readonly what: 'all' | 'config';
}

export function backupName({ box, at, what }: NameParts): BackupName {
  const stamp = new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
  return `caselli-${box.replaceAll(/[^\p{L}\p{N}.-]/gu, '_').slice(0, 120)}-${stamp}-${what}.age`;
}

/** @returns undefined when the name is none of a backup. */
export function readBackupName(name: string): NameParts | undefined {
  const found = /^caselli-(.+)-(\d{4}-\d\d-\d\dT)(\d\d)(\d\d)(\d\d)Z-(all|config)\.age$/.exec(name);
  if (!found) return undefined;
  const [, box, day, hour, minute, second, what] = found as unknown as string[];
  const at = Date.parse(`${day}${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : { box: box!, at, what: what as 'all' | 'config' };
}

/** Of those that are there, the ones of this box and kind beyond the newest `keep`. */
export function outdated(names: readonly string[], newest: BackupName, keep: number): string[] {
  const own = readBackupName(newest)!;
  return names
    .flatMap((name) => {
      const parts = readBackupName(name);
      return parts && parts.box === own.box && parts.what === own.what ? [{ name, at: parts.at }] : [];
    })
    .toSorted((a, b) => b.at - a.at)
    .slice(keep)
    .map(({ name }) => name);
}

/** What a name has while its content comes. */
export const partSuffix = '.part';

/** Whether a file is what an interrupted backup of the same box left. */
export function isLeftOver(file: string, name: BackupName): boolean {
  if (!file.endsWith(partSuffix)) return false;
  return readBackupName(file.slice(0, -partSuffix.length))?.box === readBackupName(name)!.box;
}
