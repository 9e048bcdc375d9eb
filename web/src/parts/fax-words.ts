import type { FaxView } from '../../../src/admin/admin-api.ts';
import { say } from '../words.ts';

/** How a fax is told of, wherever it stands. */

export function withOf({ station, number }: Pick<FaxView, 'station' | 'number'>): string {
  return [station, number].filter(Boolean).join(', ') || say('unknown');
}

export function isUnderWay({ state }: Pick<FaxView, 'state'>): boolean {
  return state === 'waiting' || state === 'held' || state === 'crossing';
}

export function toneOfFax({ state }: Pick<FaxView, 'state'>): string {
  if (state === 'sent' || state === 'received') return 'well';
  return state === 'failed' || state === 'partial' ? 'wrong' : 'busy';
}

export function faxTitle(fax: Pick<FaxView, 'direction' | 'station' | 'number'>): string {
  return say(fax.direction === 'in' ? 'fax.from' : 'fax.to', { who: fax.station || fax.number || say('unknown') });
}
