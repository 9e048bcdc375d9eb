import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** One of the two read-only system partitions. */
export type Slot = 'A' | 'B';

/** What the image says of itself, written when it was built: the file that makes a machine a box. */
const imageFacts = z.strictObject({
  product: z.literal('caselli'),
  /** Name of a file in `hw/boards/`. */
  board: z.string(),
  version: z.string(),
  /** ISO 8601; the clock is never earlier. */
  builtAt: z.iso.datetime(),
  /** Updates signed with the development key are taken; shown to people. */
  developmentKey: z.boolean(),
});

export type ImageFacts = z.output<typeof imageFacts>;

/** What is known of the box that the program runs on. */
export interface BoxFacts extends ImageFacts {
  readonly slot: Slot;
  /** No slot was well: this one was started as a last resort. */
  readonly rescue: boolean;
}

/**
 * The one version that is shown, compared and written down: that of the image, which is built and updated as a whole.
 * @param program version of the program, which counts on a machine that is no box
 */
export function productVersion(facts: BoxFacts | undefined, program: string): string {
  return facts?.version ?? program;
}

export const imageFactsFile = '/etc/caselli/image.json';

/** @returns nothing where there is no such file: a developer's machine. @throws when the file is no image's */
export async function readBoxFacts(
  file = imageFactsFile,
  commandLine = '/proc/cmdline',
): Promise<BoxFacts | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const facts = imageFacts.parse(JSON.parse(text));
  const words = new Set((await readFile(commandLine, 'utf8')).trim().split(/\s+/));
  return { ...facts, slot: words.has('box.slot=B') ? 'B' : 'A', rescue: words.has('box.rescue=1') };
}
