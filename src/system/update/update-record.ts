import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurable } from '../../lib/durable.ts';

/**
 * What became of the last update, and which one was found: `update.json` of the data folder, the memory of `Updater`.
 * Both systems of a box read and write it, so members are only ever added, and what cannot be read is as if it were not there.
 *
 *     installing ─► installed ─► trial ─► confirmed
 *         │             │          │          │
 *         ▼             └──────────┴──────────┴─► rolled-back    the other system runs again
 *     failed, interrupted
 */
const lastUpdate = z.object({
  from: z.string(),
  to: z.string(),
  slot: z.enum(['A', 'B']),
  /** When it was begun, ISO 8601. */
  at: z.string(),
  result: z.enum(['installing', 'installed', 'trial', 'confirmed', 'rolled-back', 'failed', 'interrupted']),
  /** Why it failed, for people; empty when it did not. */
  reason: z.string(),
  /** Which run of the machine it was installed in. */
  bootId: z.string(),
});

const foundUpdate = z.object({
  version: z.string(),
  /** Where its bundle is. */
  url: z.string(),
  notes: z.string(),
  at: z.string(),
});

const record = z.object({
  last: lastUpdate.optional().catch(undefined),
  found: foundUpdate.optional().catch(undefined),
  /** When updates were looked for, ISO 8601; empty for never. */
  checkedAt: z.string().catch(''),
  /** Why that failed; empty when it did not. */
  checkProblem: z.string().catch(''),
});

export type LastUpdate = z.output<typeof lastUpdate>;
export type FoundUpdate = z.output<typeof foundUpdate>;
type Content = z.output<typeof record>;

/** Longer than any that is written. */
const mostBytes = 1024 * 1024;

export class UpdateRecord {
  readonly #file: string;
  #content: Content;

  private constructor(file: string, content: Content) {
    this.#file = file;
    this.#content = content;
  }

  static async open(file: string): Promise<UpdateRecord> {
    return new UpdateRecord(file, await readContent(file));
  }

  get content(): Content {
    return this.#content;
  }

  /** On stable storage when it resolves. */
  async change(change: Partial<Content>): Promise<void> {
    this.#content = { ...this.#content, ...change };
    await writeDurable(this.#file, `${JSON.stringify(this.#content, null, 2)}\n`);
  }

  async changeLast(change: Partial<LastUpdate>): Promise<void> {
    const { last } = this.#content;
    if (last) await this.change({ last: { ...last, ...change } });
  }
}

async function readContent(file: string): Promise<Content> {
  try {
    const bytes = await readFile(file);
    return record.parse(bytes.length > mostBytes ? {} : JSON.parse(bytes.toString('utf8')));
  } catch {
    return record.parse({});
  }
}
