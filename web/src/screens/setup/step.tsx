import type { ComponentChildren } from 'preact';
import { useAct } from '../../parts/act.tsx';
import { Trouble } from '../../parts/notes.tsx';
import { say } from '../../words.ts';

/** What each step of the first run is given. */
export interface StepProps {
  readonly state: 'open' | 'done' | 'skipped';
  /** Missing at the first step. */
  readonly back: (() => void) | undefined;
  readonly skip: () => void;
  /** Goes on, once it is done. */
  readonly done: () => Promise<void>;
}

/** A question with its buttons. Enter goes on. */
export function StepForm(props: {
  readonly step: StepProps;
  readonly children: ComponentChildren;
  /** Makes what was answered; what it throws is shown, and after `stay` there is more to do on this page. */
  readonly work: () => Promise<unknown>;
  /** What the button says that goes on. */
  readonly onward?: string;
  readonly disabled?: boolean;
}) {
  const { step, children, work, onward = say('setup.onward'), disabled = false } = props;
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    let stays = false;
    const right = await act.start(async () => {
      stays = (await work()) === 'stay';
    });
    if (right && !stays) await step.done();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {children}
      {act.error && <Trouble>{act.error}</Trouble>}
      <div class="actions">
        {step.back && (
          <button type="button" onClick={step.back}>
            {say('setup.back')}
          </button>
        )}
        <button type="button" onClick={step.skip}>
          {say('setup.skip')}
        </button>
        <button type="submit" class="first" disabled={act.busy || disabled}>
          {act.busy ? say('setup.working') : onward}
        </button>
      </div>
    </form>
  );
}
