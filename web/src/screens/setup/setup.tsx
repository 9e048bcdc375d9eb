import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { SetupView } from '../../../../src/admin/views/setup-views.ts';
import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { Page } from '../../parts/page.tsx';
import { say } from '../../words.ts';
import './setup.css';
import { FaxesStep } from './faxes-step.tsx';
import { MailOutStep } from './mail-out-step.tsx';
import { NameStep } from './name-step.tsx';
import { NetworkStep } from './network-step.tsx';
import { PasswordStep } from './password-step.tsx';
import { PeopleStep } from './people-step.tsx';
import { PublishStep } from './publish-step.tsx';
import type { StepProps } from './step.tsx';
import { TimeStep } from './time-step.tsx';

export type StepName = SetupView['steps'][number]['step'];

const stepParts: Readonly<Partial<Record<StepName, ComponentType<StepProps>>>> = {
  password: PasswordStep,
  name: NameStep,
  network: NetworkStep,
  time: TimeStep,
  'mail-out': MailOutStep,
  people: PeopleStep,
  faxes: FaxesStep,
  publish: PublishStep,
};

/** The first run: one question a page; each can be skipped, and is found again. */
export function Setup({ step }: { readonly step?: string }) {
  const { route } = useLocation();
  const status = useAsked(() => ask('setupStatus', {}), ['config.', 'account.']);
  const act = useAct();
  const steps = status.value?.steps;
  // Who comes without a step goes on where things were left.
  const next = steps?.find(({ state }) => state === 'open')?.step ?? steps?.at(-1)?.step;
  useEffect(() => {
    if (step === undefined && next) route(`/setup/${next}`, true);
  }, [step, next, route]);
  if (!status.value || !steps)
    return status.error ? (
      <Trouble again={status.again}>{status.error}</Trouble>
    ) : (
      <Page title={say('setup.title')}>{null}</Page>
    );
  const index = steps.findIndex((one) => one.step === step);
  const here = steps[index];
  const Part = here && stepParts[here.step];
  const go = (to: number): void => {
    status.again();
    const other = steps[to];
    route(other ? `/setup/${other.step}` : '/');
  };
  const mark = async (state: 'done' | 'skipped'): Promise<boolean> =>
    act.start(async () => {
      await change('setupMark', { step: here!.step, state });
      if (index === steps.length - 1) await change('setupFinish', { finished: true });
    });
  const onward = async (state: 'done' | 'skipped'): Promise<void> => {
    if (await mark(state)) go(index + 1);
  };
  return (
    <Page title={say('setup.title')}>
      <Progress steps={steps} here={index} />
      {act.error && <Trouble>{act.error}</Trouble>}
      {here && Part && (
        <section class="card step" aria-labelledby="step-title">
          <h2 id="step-title">{say(`setup.${here.step}`)}</h2>
          <Hint>{say(`setup.${here.step}.why`)}</Hint>
          <Part
            key={here.step}
            state={here.state}
            back={index > 0 ? () => go(index - 1) : undefined}
            skip={() => void onward('skipped')}
            done={() => onward('done')}
          />
        </section>
      )}
      <p>
        <button type="button" class="link" onClick={() => void leave()}>
          {say('setup.leave')}
        </button>
      </p>
    </Page>
  );

  async function leave(): Promise<void> {
    if (await act.start(() => change('setupFinish', { finished: true }))) route('/');
  }
}

function Progress({ steps, here }: { readonly steps: SetupView['steps']; readonly here: number }) {
  return (
    <nav aria-label={say('setup.steps')}>
      <ol class="steps">
        {steps.map(({ step, state }, index) => (
          <li key={step} class={state}>
            <a href={`/setup/${step}`} aria-current={index === here ? 'step' : undefined}>
              <span class="sign" aria-hidden="true">
                {state === 'done' ? '✓' : index + 1}
              </span>
              <span class="name">{say(`setup.${step}.short`)}</span>
              <span class="hidden"> {say(`setup.state.${state}`)}</span>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
