const hourMs = 60 * 60_000;

const periodMs = { daily: 24 * hourMs, weekly: 7 * 24 * hourMs } as const;
/** After a check that failed. */
const retryMs = 2 * hourMs;
/** After a start, for a check that is due: all boxes of an office come up together after a power cut. */
const startSpreadMs = hourMs;

/**
 * When updates are looked for next: once in the period, a tenth of it earlier or later by chance, so that not all boxes ask
 * at one time.
 * @param checkedAt of the last check; undefined for never
 * @param random 0 to below 1
 */
export function nextCheckAt(
  last: { readonly checkedAt: number | undefined; readonly failed: boolean },
  period: 'daily' | 'weekly',
  now: number,
  random: number,
): number {
  const spread = 0.9 + 0.2 * random;
  // A check in the future was made before the clock knew the time.
  if (last.checkedAt === undefined || last.checkedAt > now) return now + startSpreadMs * random;
  const planned = last.checkedAt + (last.failed ? retryMs : periodMs[period]) * spread;
  return planned > now ? planned : now + startSpreadMs * random;
}

/** Hour of the day in a time zone, 0 to 23; in UTC when there is no such zone. */
export function hourIn(zone: string, at: number): number {
  try {
    const text = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', hourCycle: 'h23', timeZone: zone }).format(at);
    return Number(text);
  } catch {
    return new Date(at).getUTCHours();
  }
}
