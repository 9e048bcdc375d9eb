import type { Clock } from './clock.ts';

/**
 * Remembers an answer for so long; those who ask meanwhile share one question. A question that failed is asked again.
 * @param ageMs counted from the question
 */
export function cached<T>(clock: Clock, ageMs: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (!last || clock.now() - last.at > ageMs) {
      const asked = { at: clock.now(), answer: ask() };
      last = asked;
      asked.answer.catch(() => {
        if (last === asked) last = undefined;
      });
    }
    return last.answer;
  };
}
