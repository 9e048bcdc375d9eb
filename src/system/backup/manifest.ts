import { z } from 'zod';
import { isNewer } from '../update/version.ts';
import { BackupError } from './backup-error.ts';

/** First and last entry of a backup. What is in the file between them stands below `data/`. */
export const manifestName = 'manifest.json';
export const summaryName = 'summary.json';
export const dataPrefix = 'data/';

/** Changed when an older program could no longer restore what is written. */
export const formatVersion = 1;
/** Longest manifest or summary read, bytes: a hundred thousand mailboxes. */
export const documentLimitBytes = 16 * 1024 * 1024;

const count = z.int().min(0);

const manifestSchema = z.object({
  format: z.int(),
  program: z.string().max(64),
  /** When the copy was taken, ISO 8601. */
  at: z.iso.datetime(),
  what: z.enum(['all', 'config']),
  /** `board` is empty for a machine that is no box. */
  box: z.object({ name: z.string().max(255), board: z.string().max(64) }),
  /** Parts of the data folder that this backup stands for; `present` ones have files here, the others had none. */
  parts: z.array(z.object({ path: z.string().max(255), present: z.boolean() })).max(1000),
  files: count,
  bytes: count,
});

/** What a backup says of itself before its content. */
export type Manifest = z.output<typeof manifestSchema>;

const summarySchema = z.object({
  files: count,
  bytes: count,
  /** SHA-256 over one line `SIZE SHA-256 PATH` for each file, in order. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  tally: z.record(z.string().max(600), count),
});

/** What must have come when all has come. */
export type Summary = z.output<typeof summarySchema>;

/** @throws BackupError: foreign, newer */
export function readManifest(text: string, program: string): Manifest {
  const document = parsed(text) as { format?: unknown; program?: unknown } | undefined;
  const { format, program: by } = document ?? {};
  if (typeof format === 'number' && format > formatVersion) throw newer(by, program);
  const reading = manifestSchema.safeParse(document);
  if (!reading.success)
    throw new BackupError('foreign', 'This is no backup of a Caselli box.', { cause: reading.error });
  if (isNewer(reading.data.program, program)) throw newer(by, program);
  return reading.data;
}

/** @throws BackupError: damaged */
export function readSummary(text: string): Summary {
  const reading = summarySchema.safeParse(parsed(text));
  if (reading.success) return reading.data;
  throw new BackupError('damaged', 'The end of the backup cannot be read.', { cause: reading.error });
}

function newer(by: unknown, program: string): BackupError {
  const maker = typeof by === 'string' ? ` (${by.slice(0, 64)})` : '';
  return new BackupError(
    'newer',
    `The backup was made by a newer version of Caselli${maker} than this one (${program}): update this box first.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
