import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { say } from '../words.ts';
import { Dialog } from './dialog.tsx';
import { Trouble } from './notes.tsx';

/** What a person started: whether it goes on, and why it failed. */
export interface Act {
  readonly busy: boolean;
  readonly error: string;
  readonly start: (work: () => Promise<unknown>) => Promise<boolean>;
}

export function useAct(): Act {
  const [state, setState] = useState({ busy: false, error: '' });
  const start = async (work: () => Promise<unknown>): Promise<boolean> => {
    setState({ busy: true, error: '' });
    try {
      await work();
      setState({ busy: false, error: '' });
      return true;
    } catch (error) {
      setState({ busy: false, error: (error as Error).message });
      return false;
    }
  };
  return { ...state, start };
}

/** A button that does something at once, or after a question where that cannot be taken back. */
export function ActButton(props: {
  readonly children: ComponentChildren;
  readonly work: () => Promise<unknown>;
  /** What is asked before. */
  readonly question?: string;
  readonly danger?: boolean;
  readonly done?: () => void;
}) {
  const [asking, setAsking] = useState(false);
  const act = useAct();
  const go = async (): Promise<void> => {
    if (!(await act.start(props.work))) return setAsking(true);
    setAsking(false);
    props.done?.();
  };
  return (
    <>
      <button
        type="button"
        class={props.danger ? 'danger' : undefined}
        disabled={act.busy}
        onClick={() => (props.question ? setAsking(true) : void go())}
      >
        {props.children}
      </button>
      {asking && (
        <Dialog title={String(props.children)} close={() => setAsking(false)}>
          {props.question && <p>{props.question}</p>}
          {act.error && <Trouble>{act.error}</Trouble>}
          <div class="actions">
            <button type="button" onClick={() => setAsking(false)}>
              {say('cancel')}
            </button>
            <button
              type="button"
              class={props.danger ? 'danger' : 'first'}
              disabled={act.busy}
              onClick={() => void go()}
            >
              {props.question ? props.children : say('again')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
