import { readFile } from 'node:fs/promises';

/** Lines of one of the lists here, without those that are empty or a comment. */
export async function readLines(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
}
