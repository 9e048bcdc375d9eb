/** Dates of header fields (RFC 5322 §3.3, obsolete forms of §4.3). Times are ms since the Unix epoch. */

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Zone names of RFC 5322 §4.3, in hours; all others count as UTC, as that section says. */
const zones: Readonly<Record<string, number>> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

/**
 * `Mon, 05 Jan 2026 09:00:00 +0000`.
 * @param zoneMinutes minutes east of UTC that the date is shown in.
 */
export function formatDate(timeMs: number, zoneMinutes = 0): string {
  const shown = new Date(timeMs + zoneMinutes * 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${two(shown.getUTCDate())} ${months[shown.getUTCMonth()]} ${String(shown.getUTCFullYear()).padStart(4, '0')}`;
  const time = [shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds()].map(two).join(':');
  const away = Math.abs(zoneMinutes);
  return `${days[shown.getUTCDay()]}, ${date} ${time} ${zoneMinutes < 0 ? '-' : '+'}${two(Math.floor(away / 60))}${two(away % 60)}`;
}

const form =
  /^(?:[A-Za-z]{3,9}\.?\s*,?\s+)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]*\.?[\s-]+(\d{2,4})\s+(\d{1,2})\s*:\s*(\d{2})(?:\s*:\s*(\d{2}))?(?:\s*([+-]\d{4}|[A-Za-z]{1,5}))?/;

/** @returns undefined when it cannot be understood as a date. */
export function parseDate(text: string): number | undefined {
  const match = form.exec(withoutComments(text).trim());
  if (!match) return undefined;
  const month = months.findIndex((name) => name.toLowerCase() === match[2]!.toLowerCase());
  const year = fullYear(match[3]!);
  const [day, hour, minute, second] = [match[1], match[4], match[5], match[6] ?? '0'].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  if (month < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
  const local = Date.UTC(year, month, day, hour, minute, Math.min(second, 59));
  if (new Date(local).getUTCMonth() !== month) return undefined;
  return local - zoneOffsetMs(match[7] ?? '+0000');
}

/** Years of two and three digits, RFC 5322 §4.3. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  return digits.length === 3 || year >= 50 ? year + 1900 : year + 2000;
}

function zoneOffsetMs(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return (zones[zone.toUpperCase()] ?? 0) * 3_600_000;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function withoutComments(text: string): string {
  let bare = text.slice(0, 200);
  for (let before = ''; before !== bare; ) {
    before = bare;
    bare = bare.replaceAll(/\([^()]*\)/g, ' ');
  }
  return bare;
}
