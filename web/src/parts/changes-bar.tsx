import { useEffect, useState } from 'preact/hooks';
import { change } from '../api.ts';
import { useStaged } from '../staged.tsx';
import { say, sayBox } from '../words.ts';
import { useAct } from './act.tsx';
import { Dialog } from './dialog.tsx';
import { Trouble } from './notes.tsx';
import { titleOf } from './setting.tsx';

type Plan = Awaited<ReturnType<typeof change<'configPlan'>>>;

/** Changes of settings that are not made yet: how many, what they would do, and the way to make or drop them together. */
export function ChangesBar() {
  const { wishes, dropAll } = useStaged();
  const [looking, setLooking] = useState(false);
  const count = wishes.length;
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    if (count > 0) addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [count]);
  if (count === 0) return null;
  return (
    <aside class="changes" aria-label={say('changes.title')}>
      <p role="status">{say('changes.count', { count })}</p>
      <div class="actions">
        <button type="button" onClick={dropAll}>
          {say('changes.drop')}
        </button>
        <button type="button" class="first" onClick={() => setLooking(true)}>
          {say('changes.look')}
        </button>
      </div>
      {looking && <Review close={() => setLooking(false)} />}
    </aside>
  );
}

function Review({ close }: { readonly close: () => void }) {
  const { wishes, drop, dropAll } = useStaged();
  const [plan, setPlan] = useState<Plan>();
  const act = useAct();
  const { start } = act;
  // Asked anew when the wishes change.
  useEffect(() => {
    void start(async () => setPlan(await change('configPlan', { changes: wishes })));
  }, [wishes]);
  const make = async (): Promise<void> => {
    const { version } = plan!;
    if (!(await act.start(() => change('configApply', { changes: wishes, version })))) return;
    dropAll();
    close();
  };
  return (
    <Dialog title={say('changes.title')} close={close}>
      {plan && (
        <>
          {plan.problems.map(({ path, message }) => (
            <Trouble key={path}>
              {titleOf(path)} ({path}) {message}
            </Trouble>
          ))}
          {plan.problems.length === 0 && plan.changes.length === 0 && <p>{say('changes.none')}</p>}
          <ul class="plain">
            {plan.changes.map(({ path, before, after, secret }) => (
              <li key={path}>
                <strong>{titleOf(path)}</strong> <code class="quiet">{path}</code>
                <br />
                {secret ? say('changes.secret') : `${shown(before)} → ${shown(after)}`}
              </li>
            ))}
          </ul>
          {plan.effects.map((sentence) => (
            <p class="note" key={sentence}>
              {sayBox(sentence)}
            </p>
          ))}
        </>
      )}
      {act.error && <Trouble>{act.error}</Trouble>}
      <details>
        <summary>{say('changes.single')}</summary>
        <ul class="plain">
          {wishes.map(({ path }) => (
            <li key={path}>
              <code>{path}</code>{' '}
              <button type="button" class="link" onClick={() => drop(path)}>
                {say('changes.drop-one')}
              </button>
            </li>
          ))}
        </ul>
      </details>
      <div class="actions">
        <button type="button" onClick={close}>
          {say('cancel')}
        </button>
        <button
          type="button"
          class="first"
          disabled={act.busy || !plan || plan.problems.length > 0 || plan.changes.length === 0}
          onClick={() => void make()}
        >
          {say('changes.make')}
        </button>
      </div>
    </Dialog>
  );
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return say('nothing');
  if (typeof value === 'boolean') return value ? say('on') : say('off');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
