import { change, Refused } from './api.ts';
import type { Wish } from './staged.tsx';

/**
 * Makes changes of settings at once, for a page that asks one question and needs no list to look at. They stand in the history
 * as others do.
 * @throws Refused with what is wrong, by path
 */
export async function applyNow(changes: readonly Wish[]): Promise<void> {
  const { version, problems } = await change('configPlan', { changes });
  const words = problems.map(({ path, message }) => `${path} ${message}`);
  if (problems.length > 0) throw new Refused(422, words.join('; '), problems);
  await change('configApply', { changes, version });
}
