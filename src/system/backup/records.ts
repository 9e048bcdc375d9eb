import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurable } from '../../lib/durable.ts';

/** What is remembered of the last backups, in one file. */

const recordSchema = z.object({
  /** ms */
  at: z.number(),
  what: z.enum(['all', 'config']),
  to: z.enum(['usb', 'sftp', 's3']),
  name: z.string(),
  scheduled: z.boolean(),
  /** Empty when all went well. */
  error: z.string(),
  sizeBytes: z.number(),
  durationMs: z.number(),
});

export type BackupRecord = z.output<typeof recordSchema>;

const progressSchema = z.object({
  done: z.number(),
  failed: z.object({ slot: z.number(), times: z.int(), at: z.number() }).optional(),
});

const stateSchema = z.object({
  /** Newest last. */
  records: z.array(recordSchema),
  progress: progressSchema,
  /** One that was under way when this was written. */
  running: recordSchema.optional(),
});

export type BackupState = z.output<typeof stateSchema>;

/** Results kept. */
const recordsLimit = 50;
const nothing: BackupState = { records: [], progress: { done: 0 } };

/** Owner of `backup/state.json`. What cannot be read is begun anew: it only remembers. */
export class BackupRecords {
  readonly #path: string;
  #state: BackupState;

  private constructor(path: string, state: BackupState) {
    this.#path = path;
    this.#state = state;
  }

  static async open(path: string): Promise<BackupRecords> {
    const text = await readFile(path, 'utf8').catch(() => '');
    const reading = stateSchema.safeParse(text === '' ? nothing : parsed(text));
    return new BackupRecords(path, reading.success ? reading.data : nothing);
  }

  get state(): BackupState {
    return this.#state;
  }

  async write(change: Partial<BackupState>): Promise<void> {
    const state = { ...this.#state, ...change };
    this.#state = { ...state, records: state.records.slice(-recordsLimit) };
    await writeDurable(this.#path, `${JSON.stringify(this.#state, null, 2)}\n`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
