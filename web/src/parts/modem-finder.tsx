import { useEffect, useId, useState } from 'preact/hooks';
import type { FoundPort } from '../../../src/admin/views/line-views.ts';
import { change } from '../api.ts';
import { say } from '../words.ts';
import { useAct } from './act.tsx';
import { Empty, Hint, Trouble } from './notes.tsx';
import { TextField } from './text-field.tsx';

/** Where a modem is, and how fast its port speaks; 0 for the usual. */
export interface ModemPlace {
  readonly port: string;
  readonly baud: number;
}

/** Looks for modems at once, and lets one be chosen, or another place be typed. */
export function ModemFinder(props: { readonly chosen: ModemPlace; readonly set: (place: ModemPlace) => void }) {
  const { chosen, set } = props;
  const group = useId();
  const [found, setFound] = useState<readonly FoundPort[]>();
  const [byHand, setByHand] = useState(false);
  const act = useAct();
  const find = (): Promise<boolean> =>
    act.start(async () => {
      const ports = await change('lineFind', {});
      setFound(ports);
      const first = ports.find(({ state }) => state === 'modem');
      if (first && chosen.port === '') set(first);
    });
  // Once: whoever comes here wants to know.
  useEffect(() => void find(), []);
  const modems = found?.filter(({ state }) => state === 'modem') ?? [];
  const others = found?.filter(({ state }) => state !== 'modem') ?? [];
  return (
    <fieldset>
      <legend>{say('lines.found')}</legend>
      {act.busy && <p role="status">{say('lines.finding')}</p>}
      {act.error && <Trouble>{act.error}</Trouble>}
      {found?.length === 0 && <Empty>{say('lines.nothing')}</Empty>}
      {found && found.length > 0 && modems.length === 0 && <Empty>{say('lines.no-modem')}</Empty>}
      <div class="choices">
        {modems.map((one) => (
          <label class="switch" key={one.port}>
            <input
              type="radio"
              name={group}
              checked={!byHand && chosen.port === one.port}
              onChange={() => {
                setByHand(false);
                set(one);
              }}
            />
            <span>
              {one.identity || one.product || one.port} <span class="quiet">{one.port}</span>
            </span>
          </label>
        ))}
        <label class="switch">
          <input type="radio" name={group} checked={byHand} onChange={() => setByHand(true)} />
          <span>{say('lines.by-hand')}</span>
        </label>
      </div>
      {byHand && (
        <>
          <TextField
            label={say('lines.port')}
            required
            value={chosen.port}
            set={(port) => set({ port: port.trim(), baud: 0 })}
          />
          <Hint>{say('lines.port-help')}</Hint>
        </>
      )}
      {others.length > 0 && (
        <details>
          <summary>{say('lines.other-ports')}</summary>
          <ul class="plain">
            {others.map(({ port, product, text }) => (
              <li key={port}>
                {product || port} <span class="quiet">{text}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <button type="button" disabled={act.busy} onClick={() => void find()}>
        {say(found ? 'lines.find-again' : 'lines.find')}
      </button>
    </fieldset>
  );
}
