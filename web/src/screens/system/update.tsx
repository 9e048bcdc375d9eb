import { useState } from 'preact/hooks';
import { ask, change, upload } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton, useAct } from '../../parts/act.tsx';
import { Good, Hint, Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { say, time } from '../../words.ts';

/** The version that runs, and how another one is installed. */
export function Update({ may }: { readonly may: boolean }) {
  const update = useAsked(() => ask('updateStatus', {}), ['update.']);
  const [file, setFile] = useState<File>();
  const [downgrade, setDowngrade] = useState(false);
  const [note, setNote] = useState('');
  const act = useAct();
  const install = async (): Promise<void> => {
    const right = await act.start(async () => {
      const done = await upload('updateInstall', { allowDowngrade: downgrade }, file!);
      setNote(done.note || say('update.installed', { version: done.version, slot: done.slot }));
    });
    if (right) update.again();
  };
  if (!update.value) return update.error ? <Trouble again={update.again}>{update.error}</Trouble> : null;
  const { version, sentence, found, progress, checkedAt, checkProblem } = update.value;
  return (
    <Section title={say('system.update')}>
      <div class="card">
        <p>{say('update.runs', { version })}</p>
        {sentence && <p>{sentence}</p>}
        {found && (
          <p class="busy">
            {say('update.found', { version: found.version })} {found.notes}
          </p>
        )}
        {checkedAt && <Hint>{say('update.checked', { time: time(checkedAt) })}</Hint>}
        {checkProblem && <Trouble>{checkProblem}</Trouble>}
        {progress && (
          <progress
            value={progress.bytes}
            max={progress.totalBytes}
            aria-label={say('update.progress', { version: progress.version })}
          />
        )}
        {may && (
          <>
            <label class="field">
              <span>{say('update.file')}</span>
              <input type="file" accept=".cas" onChange={(event) => setFile(event.currentTarget.files?.[0])} />
            </label>
            <label class="switch">
              <input
                type="checkbox"
                checked={downgrade}
                onChange={(event) => setDowngrade(event.currentTarget.checked)}
              />
              <span>{say('update.downgrade')}</span>
            </label>
            {act.error && <Trouble>{act.error}</Trouble>}
            {note && <Good>{note}</Good>}
            <div class="actions">
              <ActButton work={() => change('updateCheck', {})} done={update.again}>
                {say('update.look')}
              </ActButton>
              <ActButton
                work={() => change('updateInstallFrom', { from: 'usb', allowDowngrade: downgrade })}
                question={say('update.usb-question')}
                done={update.again}
              >
                {say('update.usb')}
              </ActButton>
              {found && (
                <ActButton
                  work={() => change('updateInstallFrom', { from: 'url', allowDowngrade: downgrade })}
                  question={say('update.url-question', { version: found.version })}
                  done={update.again}
                >
                  {say('update.install', { version: found.version })}
                </ActButton>
              )}
              <button type="button" class="first" disabled={!file || act.busy} onClick={() => void install()}>
                {say('update.install-file')}
              </button>
            </div>
            <Slots />
          </>
        )}
      </div>
    </Section>
  );
}

function Slots() {
  const slots = useAsked(() => ask('slotList', {}), ['update.']);
  if (!slots.value) return <Hint>{slots.error}</Hint>;
  const { running, next } = slots.value;
  return (
    <Table
      label={say('update.slots')}
      rows={slots.value.slots}
      rowKey={({ slot }) => slot}
      columns={[
        { title: say('update.slot'), cell: ({ slot }) => slot },
        { title: say('system.version'), cell: ({ version }) => version || say('nothing') },
        {
          title: say('mail.state'),
          cell: ({ slot }) =>
            [slot === running && say('update.running'), slot === next && say('update.next')].filter(Boolean).join(', '),
        },
      ]}
    />
  );
}
