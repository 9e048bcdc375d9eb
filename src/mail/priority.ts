import type { Header } from './header.ts';

/** How soon the sender wants a message to arrive. */
export type Priority = 'urgent' | 'normal' | 'low';

/**
 * By `Priority` (RFC 2156 §5.3.6), `Importance` (RFC 2156 §5.3.4) or `X-Priority`, which mail programs write in its place:
 * 1 and 2 are urgent, 4 and 5 low. The first that says anything counts; what is not understood says nothing.
 */
export function priorityOf(header: Header): Priority {
  const words: Readonly<Record<string, Priority>> = {
    urgent: 'urgent',
    'non-urgent': 'low',
    high: 'urgent',
    low: 'low',
  };
  for (const name of ['Priority', 'Importance']) {
    const found = words[header.text(name)?.trim().toLowerCase() ?? ''];
    if (found !== undefined) return found;
  }
  const number = Number.parseInt(header.text('X-Priority') ?? '', 10);
  if (number >= 1 && number <= 2) return 'urgent';
  return number >= 4 && number <= 5 ? 'low' : 'normal';
}
