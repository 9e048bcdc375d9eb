import type { ComponentChildren } from 'preact';
import { say } from '../words.ts';

interface NoteProps {
  readonly children: ComponentChildren;
}

/** Something is wrong, and what can be done about it. */
export function Trouble({ children, again }: NoteProps & { readonly again?: () => void }) {
  return (
    <div class="note wrong" role="alert">
      <p>{children}</p>
      {again && (
        <button type="button" onClick={again}>
          {say('again')}
        </button>
      )}
    </div>
  );
}

export function Good({ children }: NoteProps) {
  return (
    <div class="note well" role="status">
      {children}
    </div>
  );
}

export function Hint({ children }: NoteProps) {
  return <p class="quiet">{children}</p>;
}

/** What stands where there is nothing yet. */
export function Empty({ children }: NoteProps) {
  return <div class="empty">{children}</div>;
}
