import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurable } from '../../lib/durable.ts';

/** The questions of the first run, in their order. */
export const setupSteps = [
  'password',
  'name',
  'network',
  'time',
  'mail-out',
  'people',
  'line',
  'faxes',
  'publish',
] as const;
export type SetupStep = (typeof setupSteps)[number];

const document = z.strictObject({
  finished: z.boolean(),
  marks: z.partialRecord(z.enum(setupSteps), z.enum(['done', 'skipped'])),
});
type Kept = z.output<typeof document>;

/**
 * How far the first run of the panel has come: what somebody answered that no setting shows, such as "the network may stay as it
 * is", and what was skipped. Made when the first step is marked; a file that cannot be read counts as none.
 */
export class SetupRecord {
  readonly #file: string;
  #kept: Kept | undefined;

  private constructor(file: string, kept: Kept | undefined) {
    this.#file = file;
    this.#kept = kept;
  }

  static async open(file: string): Promise<SetupRecord> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return new SetupRecord(file, parsed(text));
  }

  /** undefined while nobody has said anything. */
  get finished(): boolean | undefined {
    return this.#kept?.finished;
  }

  mark(step: SetupStep): 'done' | 'skipped' | undefined {
    return this.#kept?.marks[step];
  }

  async setMark(step: SetupStep, mark: 'done' | 'skipped' | undefined): Promise<void> {
    const { [step]: _, ...others } = this.#kept?.marks ?? {};
    await this.#write({ finished: this.#kept?.finished ?? false, marks: mark ? { ...others, [step]: mark } : others });
  }

  async setFinished(finished: boolean): Promise<void> {
    await this.#write({ marks: this.#kept?.marks ?? {}, finished });
  }

  async #write(kept: Kept): Promise<void> {
    await writeDurable(this.#file, `${JSON.stringify(kept)}\n`);
    this.#kept = kept;
  }
}

function parsed(text: string): Kept | undefined {
  try {
    return document.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
