import { useState } from 'preact/hooks';
import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { DialogButtons } from '../../parts/dialog-buttons.tsx';
import { LineTest } from '../../parts/line-test.tsx';
import { ModemFinder, type ModemPlace } from '../../parts/modem-finder.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';

/** What a line is set to, as far as it is asked for here. */
interface Kept {
  readonly id: string;
  readonly port: string;
  readonly number: string;
  readonly send: boolean;
  readonly receive: boolean;
  readonly answerAfterRings: number;
}

interface EditProps {
  /** A line that is changed; without it one is added. */
  readonly line?: string;
  readonly taken: readonly string[];
  readonly close: () => void;
  readonly done: () => void;
}

export function EditLine(props: EditProps) {
  const { line, close } = props;
  const kept = useAsked(() => ask('configGet', { path: 'fax.lines' }));
  const title = line === undefined ? say('lines.add') : say('lines.change-of', { line });
  const all = kept.value as readonly Kept[] | undefined;
  return (
    <Dialog title={title} close={close}>
      {kept.error && <Trouble again={kept.again}>{kept.error}</Trouble>}
      {all && <Form {...props} now={all.find(({ id }) => id === line)} />}
    </Dialog>
  );
}

function Form({ line, taken, close, done, now }: EditProps & { readonly now: Kept | undefined }) {
  const [id, setId] = useState(line ?? freeName(taken));
  const [modem, setModem] = useState<ModemPlace>({ port: now?.port ?? '', baud: 0 });
  const [number, setNumber] = useState(now?.number ?? '');
  const [send, setSend] = useState(now?.send ?? true);
  const [receive, setReceive] = useState(now?.receive ?? true);
  const [rings, setRings] = useState(now?.answerAfterRings ?? 2);
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const place = { port: modem.port, ...(modem.baud > 0 && modem.port.startsWith('serial:') && { baud: modem.baud }) };
    const what = { line: id.trim(), ...place, number: number.trim(), send, receive, answerAfterRings: rings };
    if (!(await act.start(() => change('lineSet', what)))) return;
    done();
    close();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {now ? (
        <>
          <TextField
            label={say('lines.port')}
            required
            value={modem.port}
            set={(port) => setModem({ port: port.trim(), baud: 0 })}
          />
          <Hint>{say('lines.port-help')}</Hint>
        </>
      ) : (
        <>
          <ModemFinder chosen={modem} set={setModem} />
          <LineTest port={modem.port} />
          <TextField label={say('lines.name')} required value={id} set={setId} />
          <Hint>{say('lines.name-help')}</Hint>
        </>
      )}
      <TextField label={say('lines.number')} value={number} set={setNumber} />
      <Hint>{say('lines.number-help')}</Hint>
      <label class="switch">
        <input type="checkbox" checked={send} onChange={() => setSend(!send)} />
        <span>{say('lines.send')}</span>
      </label>
      <label class="switch">
        <input type="checkbox" checked={receive} onChange={() => setReceive(!receive)} />
        <span>{say('lines.receive')}</span>
      </label>
      {receive && (
        <label class="field">
          <span>{say('lines.rings')}</span>
          <input
            type="number"
            min={1}
            max={20}
            required
            value={rings}
            onInput={(event) => setRings(event.currentTarget.valueAsNumber || 0)}
          />
        </label>
      )}
      <Hint>{say('lines.more')}</Hint>
      {act.error && <Trouble>{act.error}</Trouble>}
      <DialogButtons close={close} off={act.busy || modem.port === ''}>
        {say('lines.save')}
      </DialogButtons>
    </form>
  );
}

function freeName(taken: readonly string[]): string {
  for (let number = 1; ; number++) if (!taken.includes(`fax${number}`)) return `fax${number}`;
}
