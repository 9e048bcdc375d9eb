import { useState } from 'preact/hooks';
import type { LineView } from '../../../../src/admin/admin-api.ts';
import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { FaxLine } from '../../parts/fax-line.tsx';
import { LineTest } from '../../parts/line-test.tsx';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { PausedNote, PauseFaxing } from '../../parts/pause-faxing.tsx';
import { say } from '../../words.ts';
import { EditLine } from './edit-line.tsx';
import { LineTabs } from './line-tabs.tsx';

/** The fax lines: each as it is now, with what can be done to it. */
export function Lines() {
  const lines = useAsked(() => ask('faxLines', {}), ['line.', 'call.', 'config.']);
  const [adding, setAdding] = useState(false);
  const { value = [], again } = lines;
  return (
    <Page
      title={say('lines.title')}
      actions={
        <button type="button" class="first" onClick={() => setAdding(true)}>
          {say('lines.add')}
        </button>
      }
    >
      <LineTabs />
      {lines.error && <Trouble again={again}>{lines.error}</Trouble>}
      <PausedNote lines={value} done={again} />
      {lines.value?.length === 0 && <Empty>{say('lines.none')}</Empty>}
      {value.length > 0 && (
        <Section title={say('home.lines')}>
          <div class="cards">
            {value.map((line) => (
              <OneLine key={line.id} line={line} lines={value} done={again} />
            ))}
          </div>
        </Section>
      )}
      {adding && <EditLine taken={value.map(({ id }) => id)} close={() => setAdding(false)} done={again} />}
    </Page>
  );
}

function OneLine(props: { readonly line: LineView; readonly lines: readonly LineView[]; readonly done: () => void }) {
  const { line, lines, done } = props;
  const [open, setOpen] = useState<'test' | 'change'>();
  const close = (): void => setOpen(undefined);
  return (
    <div>
      <FaxLine line={line} />
      <div class="actions">
        <button type="button" onClick={() => setOpen('test')}>
          {say('lines.test')}
        </button>
        <button type="button" onClick={() => setOpen('change')}>
          {say('lines.change')}
        </button>
        <PauseFaxing lines={lines} line={line.id} done={done} />
        <ActButton
          danger
          question={say('lines.remove-question', { line: line.id })}
          work={() => change('lineRemove', { line: line.id })}
          done={done}
        >
          {say('lines.remove')}
        </ActButton>
      </div>
      {open === 'test' && (
        <Dialog title={say('lines.test-of', { line: line.id })} close={close}>
          <LineTest line={line.id} />
          <div class="actions">
            <button type="button" onClick={close}>
              {say('close')}
            </button>
          </div>
        </Dialog>
      )}
      {open === 'change' && <EditLine line={line.id} taken={[]} close={close} done={done} />}
    </div>
  );
}
