/**
 * Days and hours as people count them, in the time zone of the process. A day is a number such as 20261123, so that days
 * compare and sort as numbers.
 */

export function dayOf(at: number): number {
  const date = new Date(at);
  return date.getFullYear() * 10_000 + (date.getMonth() + 1) * 100 + date.getDate();
}

export function hourOf(at: number): number {
  return new Date(at).getHours();
}

/** Its first instant in ms. */
export function startOf(day: number): number {
  return dateOf(day).getTime();
}

export function addDays(day: number, count: number): number {
  const date = dateOf(day);
  return dayOf(new Date(date.getFullYear(), date.getMonth(), date.getDate() + count).getTime());
}

/** 0 is Monday. */
export function weekdayOf(day: number): number {
  return (dateOf(day).getDay() + 6) % 7;
}

/** `2026-11-23` */
export function dayText(day: number): string {
  const text = String(day).padStart(8, '0');
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
}

/** @returns undefined when the text is no day that there is. */
export function readDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const day = Number(text.replaceAll('-', ''));
  return dayOf(startOf(day)) === day ? day : undefined;
}

function dateOf(day: number): Date {
  return new Date(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100);
}
