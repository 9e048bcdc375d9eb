import type { Finding } from '../../../src/admin/admin-api.ts';
import { placeOfFinding } from '../finding-places.ts';
import { say, sayBox } from '../words.ts';

/** What was found, and what to do: a way there inside of the panel takes the place of advice for a shell. */
export function FindingText({ finding: { id, level, sentence, advice } }: { readonly finding: Finding }) {
  const place = level === 'ok' ? undefined : placeOfFinding(id);
  const isForShell = /\bcaselli [a-z]/.test(advice);
  return (
    <>
      {sayBox(sentence)} {advice && !(place && isForShell) && <span class="quiet">{sayBox(advice)} </span>}
      {place && <a href={place}>{say('finding.mend')}</a>}
    </>
  );
}
