import type { Database, Row } from '../lib/sqlite.ts';
import { addDays, dayText, weekdayOf } from './local-day.ts';
import { reasonText } from './reasons.ts';
import { type ListName, lists, type Measure, measures, otherNames } from './tally.ts';

/** What mail and faxes did in a day, a week, a month or a year: sums, how they are spread over it, and who and why most. */

export const periods = ['day', 'week', 'month', 'year'] as const;
export type Period = (typeof periods)[number];

/** First and last day. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

export type Sums = Readonly<Record<Measure, number>>;

export interface Top {
  readonly name: string;
  /** Of a reason: its words. */
  readonly text: string;
  readonly count: number;
  readonly sizeBytes: number;
}

export interface LineSums {
  readonly line: string;
  readonly direction: string;
  readonly calls: number;
  readonly failed: number;
  readonly pages: number;
  readonly durationMs: number;
}

export interface Summary extends Span {
  readonly period: Period;
  readonly totals: Sums;
  /** Of the period before. */
  readonly before: Sums;
  /** Hours of a day, days of a week or month, months of a year; `label` is `08`, `2026-11-23`, `2026-11`. */
  readonly slots: readonly { readonly label: string; readonly sums: Sums }[];
  /** Of all days together, by hour. */
  readonly hours: readonly Sums[];
  readonly tops: Readonly<Record<ListName, readonly Top[]>>;
  readonly lines: readonly LineSums[];
}

/** Names shown of each list. */
const shownNames = 10;

/** The period that a day lies in. Weeks begin on Monday. */
export function spanOf(period: Period, day: number): Span {
  const [year, month] = [Math.floor(day / 10_000), Math.floor(day / 100) % 100];
  switch (period) {
    case 'day':
      return { from: day, until: day };
    case 'week': {
      const from = addDays(day, -weekdayOf(day));
      return { from, until: addDays(from, 6) };
    }
    case 'month': {
      const from = year * 10_000 + month * 100 + 1;
      const next = month === 12 ? (year + 1) * 10_000 + 101 : from + 100;
      return { from, until: addDays(next, -1) };
    }
    case 'year':
      return { from: year * 10_000 + 101, until: year * 10_000 + 1231 };
  }
}

export function summarize(db: Database, period: Period, day: number): Summary {
  const span = spanOf(period, day);
  const before = spanOf(period, addDays(span.from, -1));
  const rows = countRows(db, span);
  return {
    period,
    ...span,
    totals: sumsOf(rows),
    before: sumsOf(countRows(db, before)),
    slots: slotsOf(period, span).map(({ label, has }) => ({ label, sums: sumsOf(rows.filter(has)) })),
    hours: Array.from({ length: 24 }, (_, hour) => sumsOf(rows.filter((row) => row.hour === hour))),
    tops: Object.fromEntries(lists.map((list) => [list, topOf(db, list, span)])) as Record<ListName, Top[]>,
    lines: lineSums(db, span),
  };
}

/** The first day that anything was counted on; undefined when nothing was. */
export function firstDay(db: Database): number | undefined {
  return db.get<{ day: number | null }>('SELECT min(day) AS day FROM counts')?.day ?? undefined;
}

interface CountRow {
  readonly day: number;
  readonly hour: number;
  readonly measure: Measure;
  readonly count: number;
}

function countRows(db: Database, { from, until }: Span): CountRow[] {
  return db.all<CountRow>('SELECT * FROM counts WHERE day BETWEEN ? AND ?', from, until);
}

function sumsOf(rows: readonly CountRow[]): Sums {
  const sums = Object.fromEntries(measures.map((measure) => [measure, 0])) as Record<Measure, number>;
  // A measure of another version is not known here.
  for (const { measure, count } of rows) if (measure in sums) sums[measure] += count;
  return sums;
}

interface Slot {
  readonly label: string;
  readonly has: (row: CountRow) => boolean;
}

function slotsOf(period: Period, { from, until }: Span): Slot[] {
  if (period === 'day')
    return Array.from({ length: 24 }, (_, hour) => ({
      label: String(hour).padStart(2, '0'),
      has: (row) => row.hour === hour,
    }));
  if (period === 'year')
    return Array.from({ length: 12 }, (_, index) => {
      const month = Math.floor(from / 100) + index;
      return { label: dayText(month * 100).slice(0, 7), has: ({ day }) => Math.floor(day / 100) === month };
    });
  const slots: Slot[] = [];
  for (let day = from; day <= until; day = addDays(day, 1)) {
    const own = day;
    slots.push({ label: dayText(day), has: (row) => row.day === own });
  }
  return slots;
}

function topOf(db: Database, list: ListName, { from, until }: Span): Top[] {
  const isReason = list === 'deferred' || list === 'failed' || list === 'refused';
  return db
    .all(
      `SELECT name, sum(count) AS count, sum(size_bytes) AS size FROM tops WHERE list = ? AND day BETWEEN ? AND ?
       AND name <> '${otherNames}' GROUP BY name ORDER BY count DESC, name LIMIT ?`,
      ...[list, from, until, shownNames],
    )
    .map(({ name, count, size }: Row) => ({
      name: String(name),
      text: isReason ? reasonText(String(name)) : '',
      count: Number(count),
      sizeBytes: Number(size),
    }));
}

function lineSums(db: Database, { from, until }: Span): LineSums[] {
  return db.all<LineSums & Row>(
    `SELECT line, direction, sum(calls) AS calls, sum(failed) AS failed, sum(pages) AS pages, sum(duration_ms) AS durationMs
     FROM lines WHERE day BETWEEN ? AND ? GROUP BY line, direction ORDER BY line, direction`,
    ...[from, until],
  );
}
