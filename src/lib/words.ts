/** How numbers are said to people. */

/** `1 page`, `3 pages`; `nouns` where it takes more than an s. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}

/** `48 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `Mon 30 Nov, 08:00`, on the clock of this box. */
export function wallTime(at: number): string {
  const [day, month, date, , time] = new Date(at).toString().split(' ');
  return `${day} ${Number(date)} ${month}, ${time!.slice(0, 5)}`;
}
