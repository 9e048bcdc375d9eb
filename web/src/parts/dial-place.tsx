import type { DialPlanView } from '../../../src/admin/views/line-views.ts';
import { currentLanguage, say } from '../words.ts';
import { Hint } from './notes.tsx';
import { TextField } from './text-field.tsx';

export type Place = NonNullable<DialPlanView['place']>;

/** What a plan begins with: the one it was made of, else the country of the browser. */
export function firstPlace({ place, countries }: DialPlanView): Place {
  const { region = '' } = new Intl.Locale(navigator.language).maximize();
  return place ?? { country: countries.includes(region) ? region : '', area: '', outside: '' };
}

/** Where a line is: country, area code, telephone system. */
export function DialPlace(props: {
  readonly place: Place;
  readonly set: (place: Place) => void;
  readonly countries: readonly string[];
}) {
  const { place, set, countries } = props;
  const names = new Intl.DisplayNames([currentLanguage()], { type: 'region' });
  const named = countries
    .map((id) => ({ id, name: names.of(id) ?? id }))
    .toSorted((a, b) => a.name.localeCompare(b.name, currentLanguage()));
  return (
    <>
      <label class="field">
        <span>{say('dial.country')}</span>
        <select value={place.country} onChange={(event) => set({ ...place, country: event.currentTarget.value })}>
          <option value="">{say('dial.other-country')}</option>
          {named.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {place.country !== '' && (
        <>
          <TextField
            label={say('dial.area')}
            value={place.area}
            set={(area) => set({ ...place, area: area.replaceAll(/\D/g, '') })}
          />
          <Hint>{say('dial.area-help')}</Hint>
          <TextField
            label={say('dial.outside')}
            value={place.outside}
            set={(outside) => set({ ...place, outside: outside.trim() })}
          />
          <Hint>{say('dial.outside-help')}</Hint>
        </>
      )}
    </>
  );
}
