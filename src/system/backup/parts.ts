/** What of the data folder a backup holds: told by the composition, which knows whose files are where. */
export interface BackupPart {
  /** A file or folder directly in the data folder: `config.json`, `mail`. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'sqlite';
  /** Belongs to settings and people: in every backup. Other parts are in whole ones only. */
  readonly config: boolean;
  /** File names of SQLite databases, anywhere in a folder. A folder that holds one is copied as of one moment. */
  readonly databases?: readonly string[];
  /** Names below a folder that are left out with all that is in them; folders stay, empty. */
  readonly leaveOut?: RegExp;
  /** Names of files that are added to after they have their name. They are copied: a link would grow with them. */
  readonly growing?: RegExp;
}

/** Files that SQLite keeps beside a database, and files that are being written aside (`lib/durable.ts`). */
const passing = /(?:-wal|-shm|-journal)$|^\..*\.\d+\.\d+\.new$/;

/** Whether a file is there for the moment only, whatever part it is in. */
export function isPassing(name: string): boolean {
  return passing.test(name);
}

export function isLeftOut(part: BackupPart, name: string): boolean {
  return isPassing(name) || (part.leaveOut?.test(name) ?? false);
}

/** Counts that a person can check, by what is counted: `accounts`, `messages of alice@example.com`. */
export type Tally = Readonly<Record<string, number>>;
