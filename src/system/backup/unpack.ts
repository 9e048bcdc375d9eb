import { type FileHandle, mkdir, open, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackupError } from './backup-error.ts';
import { ContentDigest } from './digest.ts';
import {
  dataPrefix,
  documentLimitBytes,
  type Manifest,
  manifestName,
  readManifest,
  readSummary,
  type Summary,
  summaryName,
} from './manifest.ts';
import type { BackupPart } from './parts.ts';
import { entriesOf, type TarEntry } from './tar.ts';

/** What came out of a backup that was read whole and is as its maker wrote it. */
export interface Unpacked {
  readonly manifest: Manifest;
  readonly summary: Summary;
  /** Paths of the databases, below the folder. */
  readonly databases: readonly string[];
}

export interface UnpackOptions {
  /** An empty folder, or one that is not there. */
  readonly folder: string;
  readonly parts: readonly BackupPart[];
  /** The version of this program. */
  readonly program: string;
  /**
   * How a file is taken: whole, or hashed and left empty (`name`: for counting what there would be), or hashed only.
   * Everything whole when not given.
   */
  readonly take?: (path: string) => 'whole' | 'name' | 'skip';
  readonly progress?: (doneBytes: number, manifest: Manifest) => void;
}

/** Room left on the disk beside what a backup holds, bytes. */
const spareBytes = 16 * 1024 * 1024;
/** Deepest and longest path taken. */
const pathLimit = 4096;

/**
 * Writes the files of an archive (decrypted) into a folder, and checks that all came and came unchanged. Nothing outside of
 * the known parts is written. What was written is not on stable storage yet.
 * @throws BackupError: foreign, newer, damaged, space
 */
export async function unpack(content: AsyncIterable<Uint8Array>, options: UnpackOptions): Promise<Unpacked> {
  const reading = entriesOf(content);
  try {
    return await readAll(reading, options);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new BackupError('space', 'The disk became full while the backup was read.', { cause: error });
    if (/tar header|unexpected end of data/i.test(message))
      throw new BackupError('foreign', 'This is no backup of a Caselli box.', { cause: error });
    throw error;
  } finally {
    await reading.return();
  }
}

async function readAll(entries: AsyncGenerator<TarEntry>, options: UnpackOptions): Promise<Unpacked> {
  const first = await entries.next();
  if (first.done || first.value.header.name !== manifestName)
    throw new BackupError('foreign', 'This is no backup of a Caselli box.');
  const manifest = readManifest(await text(first.value), options.program);
  const parts = presentParts(manifest, options.parts);
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  if (!options.take) await needSpace(options.folder, manifest.bytes);
  const digest = new ContentDigest();
  const databases: string[] = [];
  let summary: Summary | undefined;
  // To the very end: only the last bytes of the encryption show that nothing was cut off.
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (name === summaryName) {
      summary = readSummary(await text(entry));
      continue;
    }
    const path = safePath(name);
    const part = parts.get(path.split('/', 1)[0]!);
    if (!part) throw new BackupError('foreign', `The backup holds a file that no box has: ${printed(name)}`);
    if (type === 'directory') {
      if (options.take?.(path) !== 'skip') await mkdir(join(options.folder, path), { recursive: true, mode: 0o700 });
      continue;
    }
    if (type !== 'file') throw new BackupError('foreign', `The backup holds what is no file: ${printed(name)}`);
    const how = options.take?.(path) ?? 'whole';
    const file = digest.through(path, entry.content);
    if (how === 'skip') await drain(file);
    else await writeFile(join(options.folder, path), entry.header, file, how === 'whole');
    if (how === 'whole' && isDatabase(part, path)) databases.push(path);
    options.progress?.(digest.bytes, manifest);
  }
  if (!summary) throw new BackupError('damaged', 'The backup was cut off: its end is missing.');
  checkWhole(digest, summary);
  return { manifest, summary, databases };
}

function presentParts(manifest: Manifest, known: readonly BackupPart[]): ReadonlyMap<string, BackupPart> {
  const byPath = new Map(known.map((part) => [part.path, part]));
  const unknown = manifest.parts.find(({ path }) => !byPath.has(path));
  if (unknown)
    throw new BackupError(
      'newer',
      `This version of Caselli does not know what to do with "${printed(unknown.path)}" of the backup.`,
    );
  return new Map(manifest.parts.flatMap(({ path, present }) => (present ? [[path, byPath.get(path)!] as const] : [])));
}

async function needSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + spareBytes) return;
  const megabytes = (count: number): string => `${Math.ceil(count / 1e6)} MB`;
  throw new BackupError(
    'space',
    `The backup holds ${megabytes(bytes)}, and only ${megabytes(free)} are free on the disk: make room or use a larger disk.`,
  );
}

async function text({ content }: TarEntry): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > documentLimitBytes) throw new BackupError('foreign', 'This is no backup of a Caselli box.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A path below the data folder; never one that leads out of it. */
function safePath(name: string): string {
  const path = name.replace(/\/$/, '');
  const segments = path.split('/');
  const safe =
    path.startsWith(dataPrefix) &&
    path.length <= pathLimit &&
    !path.includes('\0') &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!safe) throw new BackupError('foreign', `The backup holds a file that no box has: ${printed(name)}`);
  return path.slice(dataPrefix.length);
}

function printed(name: string): string {
  return JSON.stringify(name.slice(0, 200)).slice(1, -1);
}

function isDatabase(part: BackupPart, path: string): boolean {
  return part.kind === 'sqlite' || (part.databases?.includes(path.slice(path.lastIndexOf('/') + 1)) ?? false);
}

async function writeFile(
  path: string,
  header: TarEntry['header'],
  content: AsyncIterable<Uint8Array>,
  whole: boolean,
): Promise<void> {
  const handle = await openNew(path, header.mode ?? 0o600);
  try {
    for await (const chunk of content) {
      if (!whole) continue;
      for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten;
    }
    if (header.mtime) await handle.utimes(header.mtime, header.mtime);
  } finally {
    await handle.close();
  }
}

/** Readable and writable by the box whatever the archive says; never by more than that. */
async function openNew(path: string, mode: number): Promise<FileHandle> {
  const safe = (mode & 0o755) | 0o600;
  try {
    return await open(path, 'wx', safe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'EISDIR')
      throw new BackupError('damaged', 'The backup holds a file twice.', { cause: error });
    if (code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return open(path, 'wx', safe);
  }
}

async function drain(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of content);
}

function checkWhole(digest: ContentDigest, summary: Summary): void {
  const found = digest.result();
  if (found.digest === summary.digest && found.files === summary.files && found.bytes === summary.bytes) return;
  throw new BackupError(
    'damaged',
    `The backup is not whole: ${found.files} files with ${found.bytes} bytes came, ${summary.files} with ${summary.bytes} were written.`,
  );
}
