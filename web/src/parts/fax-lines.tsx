import type { LineView } from '../../../src/admin/admin-api.ts';
import type { Asked } from '../asked.ts';
import { say } from '../words.ts';
import { FaxLine } from './fax-line.tsx';
import { Empty } from './notes.tsx';
import { Section } from './page.tsx';
import { PauseFaxing } from './pause-faxing.tsx';

/** The fax lines as they are now, and the way to let them rest. */
export function FaxLines({ lines }: { readonly lines: Asked<readonly LineView[]> }) {
  const { value = [], again } = lines;
  return (
    <Section
      title={say('home.lines')}
      actions={value.some(({ paused }) => paused === 'no') && <PauseFaxing lines={value} done={again} />}
    >
      {lines.value?.length === 0 && <Empty>{say('home.no-lines')}</Empty>}
      <div class="cards">
        {value.map((line) => (
          <FaxLine key={line.id} line={line} />
        ))}
      </div>
    </Section>
  );
}
