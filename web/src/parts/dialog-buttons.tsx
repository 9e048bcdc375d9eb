import type { ComponentChildren } from 'preact';
import { say } from '../words.ts';

/** The end of a form in a dialog: leave it, or do what it is for. */
export function DialogButtons(props: {
  readonly close: () => void;
  /** It goes on, or cannot yet. */
  readonly off: boolean;
  /** What the form does. */
  readonly children: ComponentChildren;
}) {
  return (
    <div class="actions">
      <button type="button" onClick={props.close}>
        {say('cancel')}
      </button>
      <button type="submit" class="first" disabled={props.off}>
        {props.children}
      </button>
    </div>
  );
}
