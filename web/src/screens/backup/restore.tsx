import { useState } from 'preact/hooks';
import { ask, change, upload } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton, useAct } from '../../parts/act.tsx';
import { Empty, Good, Hint, Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { bytes, number, say, time } from '../../words.ts';
import { RestoreMailbox } from './restore-mailbox.tsx';

/** A backup that is looked at: its octets from a file, or its name at a destination. */
export interface Chosen {
  readonly from: { readonly passphrase: string; readonly from: Place; readonly name: string };
  readonly content: Blob;
}

const places = ['', 'usb', 'sftp', 's3'] as const;
type Place = (typeof places)[number];
const nothing = new Blob([]);

/** A backup is chosen, read whole, and then taken: all of it, or one mailbox. */
export function Restore() {
  const [place, setPlace] = useState<Place>('');
  const [file, setFile] = useState<File>();
  const [name, setName] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [network, setNetwork] = useState(false);
  const [release, setRelease] = useState(false);
  const [told, setTold] = useState('');
  const act = useAct();
  const isChosen = place === '' ? file !== undefined : name !== '';
  const chosen: Chosen = {
    from: { passphrase, from: place, name: place === '' ? '' : name },
    content: place === '' ? (file ?? nothing) : nothing,
  };
  const verify = (): Promise<boolean> =>
    act.start(async () => {
      setTold('');
      const content = await upload('backupVerify', chosen.from, chosen.content);
      const counts = Object.entries(content.tally).map(([what, count]) => `${what}: ${number(count)}`);
      setTold(say('backup.verified', { box: content.box, time: time(content.at), counts: counts.join(', ') }));
    });
  const restore = async (): Promise<void> => {
    const { held, restarts } = await upload('backupRestore', { ...chosen.from, network, release }, chosen.content);
    setTold(`${say(restarts ? 'backup.restarts' : 'backup.restored-later')} ${say('backup.held', { count: held })}`);
  };
  return (
    <Section title={say('backup.bring-back')}>
      <div class="card">
        <label class="field">
          <span>{say('backup.where')}</span>
          <select
            value={place}
            onChange={(event) => {
              setPlace(event.currentTarget.value as Place);
              setName('');
            }}
          >
            {places.map((one) => (
              <option key={one} value={one}>
                {say(one === '' ? 'backup.from-file' : `backup.${one}`)}
              </option>
            ))}
          </select>
        </label>
        {place === '' ? (
          <label class="field">
            <span>{say('backup.file')}</span>
            <input type="file" accept=".age" onChange={(event) => setFile(event.currentTarget.files?.[0])} />
          </label>
        ) : (
          <Stored key={place} place={place} name={name} choose={setName} />
        )}
        <TextField
          label={say('backup.passphrase')}
          type="password"
          autocomplete="off"
          value={passphrase}
          set={setPassphrase}
        />
        <Hint>{say('backup.restore-passphrase')}</Hint>
        {act.error && <Trouble>{act.error}</Trouble>}
        {told && <Good>{told}</Good>}
        <div class="actions">
          <button type="button" disabled={!isChosen || act.busy} onClick={() => void verify()}>
            {act.busy ? say('setup.working') : say('backup.verify')}
          </button>
        </div>
        {isChosen && (
          <>
            <h3>{say('backup.whole')}</h3>
            <label class="switch">
              <input type="checkbox" checked={network} onChange={(event) => setNetwork(event.currentTarget.checked)} />
              <span>{say('backup.with-network')}</span>
            </label>
            <label class="switch">
              <input type="checkbox" checked={release} onChange={(event) => setRelease(event.currentTarget.checked)} />
              <span>{say('backup.release')}</span>
            </label>
            <div class="actions">
              <ActButton danger question={say('backup.restore-question')} work={restore}>
                {say('backup.restore')}
              </ActButton>
              <ActButton work={() => change('backupRestoreCancel', {})}>{say('backup.give-up')}</ActButton>
            </div>
            <RestoreMailbox chosen={chosen} />
          </>
        )}
      </div>
    </Section>
  );
}

function Stored(props: {
  readonly place: 'usb' | 'sftp' | 's3';
  readonly name: string;
  readonly choose: (name: string) => void;
}) {
  const list = useAsked(() => ask('backupList', { to: props.place }), ['backup.']);
  if (list.error) return <Trouble again={list.again}>{list.error}</Trouble>;
  if (!list.value) return <Hint>{say('setup.working')}</Hint>;
  if (list.value.stored.length === 0) return <Empty>{say('backup.nothing-there')}</Empty>;
  return (
    <fieldset class="choices">
      <legend>{say('backup.stored-at')}</legend>
      {list.value.stored.toReversed().map(({ name, sizeBytes }) => (
        <label class="switch" key={name}>
          <input type="radio" name="stored" checked={props.name === name} onChange={() => props.choose(name)} />
          <span>
            {name} <span class="quiet">{bytes(sizeBytes)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
