import { readFile } from 'node:fs/promises';

/** For files that need not be there. */

/** @returns undefined when there is no such file */
export function readOptional(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch(whenMissing);
}

/** For `catch`: that there is no such file is an answer, everything else is thrown again. */
export function whenMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
