import { useState } from 'preact/hooks';
import { ask, change } from '../api.ts';
import { say } from '../words.ts';
import { useAct } from './act.tsx';
import { Dialog } from './dialog.tsx';
import { Trouble } from './notes.tsx';
import { TextField } from './text-field.tsx';

/** A message that waits for an address. */
export interface Waiter {
  readonly id: string;
  readonly recipient: string;
}

type RouteAnswer = Awaited<ReturnType<typeof ask<'route'>>>;

/** Asks for another address, shows where it leads, and sends what waits there. */
export function Reroute(props: {
  readonly waiters: readonly Waiter[];
  readonly close: () => void;
  readonly done: () => void;
}) {
  const { waiters, close, done } = props;
  const addresses = [...new Set(waiters.map(({ recipient }) => recipient))];
  const [recipient, setRecipient] = useState(addresses[0] ?? '');
  const [to, setTo] = useState('');
  const [answer, setAnswer] = useState<RouteAnswer>();
  const act = useAct();
  const meant = waiters.filter((one) => one.recipient === recipient);
  const look = (): void => {
    const address = to.trim();
    void act.start(async () => setAnswer(await ask('route', { address, relay: true, fax: true })));
  };
  const go = async (): Promise<void> => {
    const work = async (): Promise<void> => {
      for (const { id } of meant) await change('queueReroute', { id, recipient, to: answer!.address });
    };
    if (await act.start(work)) close();
    done();
  };
  return (
    <Dialog title={say('reroute.title')} close={close}>
      <p>{say('reroute.hint', { count: meant.length })}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          look();
        }}
      >
        {addresses.length > 1 ? (
          <label class="field">
            <span>{say('reroute.instead-of')}</span>
            <select value={recipient} onChange={(event) => setRecipient(event.currentTarget.value)}>
              {addresses.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <p>
            {say('reroute.instead-of')} <strong>{recipient}</strong>
          </p>
        )}
        <TextField
          label={say('reroute.to')}
          value={to}
          required
          set={(value) => {
            setTo(value);
            setAnswer(undefined);
          }}
        />
        {answer && <Answer answer={answer} />}
        {act.error && <Trouble>{act.error}</Trouble>}
        <div class="actions">
          <button type="button" onClick={close}>
            {say('cancel')}
          </button>
          {answer?.accepted ? (
            <button type="button" class="first" disabled={act.busy} onClick={() => void go()}>
              {say('reroute.go')}
            </button>
          ) : (
            <button type="submit" class="first" disabled={act.busy || to.trim() === ''}>
              {say('reroute.look')}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

/** The router's answer. */
function Answer({ answer }: { readonly answer: RouteAnswer }) {
  if (!answer.accepted) return <Trouble>{say('reroute.refused', { reply: answer.reply })}</Trouble>;
  return (
    <div class="note well" role="status">
      <div>
        <p>{say('reroute.leads')}</p>
        <ul>
          {answer.recipients.map(({ address, destination }) => (
            <li key={address}>
              {address} <span class="quiet">({destination})</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
