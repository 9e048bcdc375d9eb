import { useState } from 'preact/hooks';
import type { DialPlanView, DialView } from '../../../../src/admin/views/line-views.ts';
import { ask } from '../../api.ts';
import { applyNow } from '../../apply.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { DialPlace, firstPlace } from '../../parts/dial-place.tsx';
import { Good, Hint, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';
import { LineTabs } from './line-tabs.tsx';

/** How numbers are dialled: made of country and area, or written by hand, and tried before it counts. */
export function DialPlan() {
  const plan = useAsked(() => ask('dialPlan', {}));
  return (
    <Page title={say('dial.title')}>
      <LineTabs />
      <Hint>{say('dial.why')}</Hint>
      {plan.error && <Trouble again={plan.again}>{plan.error}</Trouble>}
      {plan.value && <Editor now={plan.value} />}
    </Page>
  );
}

function Editor({ now }: { readonly now: DialPlanView }) {
  const [text, setText] = useState(now.plan);
  const [place, setPlace] = useState(firstPlace(now));
  const [kept, setKept] = useState(now.plan);
  const making = useAct();
  const saving = useAct();
  const make = (): Promise<boolean> => making.start(async () => setText((await ask('dialPlanMake', place)).plan));
  const save = (): Promise<boolean> =>
    saving.start(async () => {
      await applyNow([{ path: 'fax.dialPlan', value: text }]);
      setKept(text);
    });
  return (
    <>
      <Asker plan={text === kept ? '' : text} />
      <Section title={say('dial.make')}>
        <div class="card">
          <DialPlace place={place} set={setPlace} countries={now.countries} />
          <Hint>{say('dial.make-help')}</Hint>
          {making.error && <Trouble>{making.error}</Trouble>}
          <button type="button" disabled={making.busy || place.country === ''} onClick={() => void make()}>
            {say('dial.make')}
          </button>
        </div>
      </Section>
      <Section title={say('dial.plan')}>
        <div class="card">
          <label class="field">
            <span>{say('dial.plan')}</span>
            <textarea
              class="code"
              rows={16}
              spellcheck={false}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
          {saving.error && <Trouble>{saving.error}</Trouble>}
          {kept === text && kept !== now.plan && <Good>{say('dial.saved')}</Good>}
          <div class="actions">
            <button type="button" class="first" disabled={saving.busy || text === kept} onClick={() => void save()}>
              {say('dial.save')}
            </button>
          </div>
        </div>
      </Section>
    </>
  );
}

/** What the rules below would do with a number, saved or not. */
function Asker({ plan }: { readonly plan: string }) {
  const [number, setNumber] = useState('');
  const [answer, setAnswer] = useState<{ readonly of: string; readonly view: DialView }>();
  const act = useAct();
  const submit = (event: Event): void => {
    event.preventDefault();
    void act.start(async () => setAnswer({ of: plan, view: await ask('dialExplain', { number, plan }) }));
  };
  const shown = answer?.of === plan ? answer.view : undefined;
  return (
    <Section title={say('dial.ask')}>
      <form class="card inline" onSubmit={submit}>
        <TextField
          label={say('dial.number')}
          required
          value={number}
          set={(text) => {
            setNumber(text);
            setAnswer(undefined);
          }}
        />
        <button type="submit" disabled={act.busy}>
          {say('dial.ask')}
        </button>
        {act.error && <Trouble>{act.error}</Trouble>}
        {shown && <Explained view={shown} />}
      </form>
    </Section>
  );
}

function Explained({ view: { accepted, number, reason, begins, steps } }: { readonly view: DialView }) {
  return (
    <div class="answer">
      {begins && <p class="quiet">{say('dial.begins', { number: begins })}</p>}
      <ol>
        {steps.map((one, index) => (
          // A rule may do something again and again.
          <li key={`${one.line} ${index}`}>
            <code>{say('dial.rule', { line: one.line, rule: one.rule })}</code>{' '}
            {say(`dial.effect.${one.effect}`, { number: one.number })}
          </li>
        ))}
      </ol>
      {accepted ? (
        <Good>{say('dial.dials', { number })}</Good>
      ) : (
        <Trouble>{`${say('dial.refused')} ${reason}`}</Trouble>
      )}
    </div>
  );
}
