import type { BackupSettings } from './destinations/destination.ts';

/** When a backup is due. Pure: time zone and time come in. */

const quarterMs = 15 * 60_000;
const quartersADay = 24 * 4;
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

type Schedule = Pick<BackupSettings, 'schedule' | 'hour' | 'weekday'>;

/**
 * The last time until `now` at which the schedule wanted a backup, in ms; undefined when it wants none. An hour that a day
 * does not have (summer time begins) is left out on that day.
 */
export function latestSlot({ schedule, hour, weekday }: Schedule, now: number, zone: string): number | undefined {
  if (schedule === 'off') return undefined;
  const local = localTime(zone);
  const days = schedule === 'daily' ? 2 : 8;
  // All zones are quarters of an hour from UTC.
  for (let at = now - (now % quarterMs), steps = days * quartersADay; steps > 0; at -= quarterMs, steps--) {
    const there = local(at);
    if (there.hour !== hour || there.minute !== 0) continue;
    if (schedule === 'daily' || there.weekday === weekdays.indexOf(weekday)) return at;
  }
  return undefined;
}

interface LocalTime {
  readonly hour: number;
  readonly minute: number;
  /** 0 is Monday. */
  readonly weekday: number;
}

const readers = new Map<string, (at: number) => LocalTime>();

function localTime(zone: string): (at: number) => LocalTime {
  const known = readers.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'long',
    hourCycle: 'h23',
  });
  const reader = (at: number): LocalTime => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = (parts.weekday ?? '').toLowerCase() as (typeof weekdays)[number];
    return { hour: Number(parts.hour), minute: Number(parts.minute), weekday: weekdays.indexOf(day) };
  };
  readers.set(zone, reader);
  return reader;
}

/** Waits after a scheduled backup that failed; then the next time of the schedule. */
const retryWaitsMs = [10, 30, 120, 360].map((minutes) => minutes * 60_000);

/** What is known of the scheduled backups, kept over restarts. */
export interface Progress {
  /** The slot that is done with, or 0. */
  readonly done: number;
  /** The slot that failed so far, how often, and when last. */
  readonly failed?: { readonly slot: number; readonly times: number; readonly at: number };
}

/** When the backup of `slot` is to be tried; undefined when it is done, or given up. */
export function dueAt(slot: number | undefined, { done, failed }: Progress): number | undefined {
  if (slot === undefined || slot <= done) return undefined;
  if (failed?.slot !== slot) return slot;
  const wait = retryWaitsMs[failed.times - 1];
  return wait === undefined ? undefined : failed.at + wait;
}

export function afterFailure(slot: number, { done, failed }: Progress, now: number): Progress {
  return { done, failed: { slot, times: (failed?.slot === slot ? failed.times : 0) + 1, at: now } };
}
