import { AdminError, exitCodes } from './admin-api.ts';

/** @returns ms since the epoch of an instant that somebody asked for. @throws AdminError when it is none */
export function instantOf(text: string): number {
  const at = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new AdminError(exitCodes.data, `"${text}" is no time: write 2031-12-24T18:00`);
  return at;
}
