/**
 * Hours of the week in which calls are made: `Mon-Fri 08:00-18:30`, `Sat,Sun 09:00-12:00`, `22:00-06:00` (every day; over
 * midnight). Times are those of the box's clock.
 */
export interface CallingHours {
  /** Days on which they begin, 0 is Sunday. */
  readonly days: ReadonlySet<number>;
  /** Minutes after midnight; an end that is not after the beginning is on the next day. */
  readonly from: number;
  readonly to: number;
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const pattern = /^(?:([A-Za-z][A-Za-z, -]*?) +)?(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})$/;

/** @returns undefined when the text is none */
export function parseHours(text: string): CallingHours | undefined {
  const [, dayText, ...times] = pattern.exec(text.trim()) ?? [];
  if (times.length === 0) return undefined;
  const days = dayText === undefined ? dayNames.map((_, day) => day) : parseDays(dayText);
  const [from, to] = [minutesOf(times[0]!, times[1]!), minutesOf(times[2]!, times[3]!)];
  if (days === undefined || from === undefined || to === undefined || from === 1440 || from === to) return undefined;
  return { days: new Set(days), from, to };
}

function parseDays(text: string): number[] | undefined {
  const days: number[] = [];
  for (const part of text.toLowerCase().split(',')) {
    const ends = part.split('-').map((name) => dayNames.indexOf(name.trim() as (typeof dayNames)[number]));
    const [first, last = first] = ends;
    if (ends.length > 2 || ends.includes(-1)) return undefined;
    for (let day = first!; ; day = (day + 1) % 7) {
      days.push(day);
      if (day === last) break;
    }
  }
  return days;
}

/** 24:00 is the end of a day. */
function minutesOf(hours: string, minutes: string): number | undefined {
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= 1440 ? total : undefined;
}

/** Milliseconds until one of the hours has begun; 0 while one lasts, or when there are none at all. */
export function opensInMs(hours: readonly CallingHours[], now: number): number {
  const starts = hours.flatMap(({ days, from, to }) =>
    // The hours of yesterday may last until today; those of this day next week are the furthest that can be.
    [-1, 0, 1, 2, 3, 4, 5, 6, 7].flatMap((ahead) => {
      const start = timeOf(now, ahead, from);
      if (!days.has(new Date(timeOf(now, ahead, 0)).getDay())) return [];
      const end = timeOf(now, to > from ? ahead : ahead + 1, to);
      return end <= now ? [] : [Math.max(start - now, 0)];
    }),
  );
  return starts.length === 0 ? 0 : Math.min(...starts);
}

/** The instant at which the clock on the wall shows so many minutes, some days from now. */
function timeOf(now: number, daysAhead: number, minutes: number): number {
  const today = new Date(now);
  return new Date(
    today.getFullYear(),
    today.getMonth(),
    today.getDate() + daysAhead,
    Math.floor(minutes / 60),
    minutes % 60,
  ).getTime();
}
