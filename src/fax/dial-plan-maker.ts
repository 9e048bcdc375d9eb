import { type Country, countries } from './countries.ts';

/** Where a line is, and what its exchange wants. */
export interface DialPlace {
  /** ISO 3166-1: `DE`. */
  readonly country: string;
  /** Without what is dialled before it within the country: `30`. Empty for none. */
  readonly area: string;
  /** What a telephone system of the office wants before calls to the outside: `0`; empty for none. */
  readonly outside: string;
}

/** Numbers within the office have fewer digits: nothing is dialled before them. */
const shortestOutside = 5;

/**
 * A dial plan in the language of `dial-plan.ts` for a line at `place`. Numbers with `+` are dialled as that country wants
 * them, others as they are written; emergency numbers are refused.
 * @returns undefined where the country is not known or an entry is no number
 */
export function makeDialPlan(place: DialPlace): string | undefined {
  const country = countries.find(({ id }) => id === place.country);
  if (!country || !/^\d{0,6}$/.test(place.area) || !/^[0-9*]{0,4}$/.test(place.outside)) return undefined;
  return `${[
    `# Made of: country ${place.country}, area ${place.area || '-'}, outside line ${place.outside || '-'}.`,
    ...rulesOf(country, place),
    'accept^ n local',
    'accept^ n esmtp',
  ].join('\n')}\n`;
}

function rulesOf(country: Country, { area, outside }: DialPlace): string[] {
  const { code, international, national, local, emergency } = country;
  const own = local === 'north-american' ? area : '';
  return [
    `# International numbers, however they are written.`,
    `rw^ ${international} +$9`,
    // +49 (0) 30 of visiting cards.
    ...(national === '0' ? [`rw^ +${code}0 +${code}$9`] : []),
    ...(area !== '' && local !== 'full' ? ['# The own area.', `rw^ +${code}${area} ${own}$9`] : []),
    '# The own country, then all others.',
    `rw^ +${code} ${national}$9`,
    `rw^ + ${international}$9`,
    '# Never by fax.',
    ...emergency.flatMap((number) => ['local', 'esmtp'].map((source) => `reject ${number} ${source}`)),
    ...(outside === '' ? [] : ['# To the outside.', `rw^ (${'n'.repeat(shortestOutside)}) ${outside},$1$9`]),
  ];
}

/** What a plan was made of; undefined for one that somebody wrote. */
export function madeOf(plan: string): DialPlace | undefined {
  const [, country, area, outside] =
    /^# Made of: country ([A-Z]{2}), area (\d{1,6}|-), outside line ([0-9*]{1,4}|-)\.$/m.exec(plan) ?? [];
  if (country === undefined) return undefined;
  const read = (text = '-'): string => (text === '-' ? '' : text);
  return { country, area: read(area), outside: read(outside) };
}
