import { useId } from 'preact/hooks';
import type { ForwardView } from '../../../src/admin/views/access-views.ts';
import { say } from '../words.ts';

export function isSameForward(one: ForwardView, other: ForwardView): boolean {
  return one.keep === other.keep && one.to.join() === other.to.join();
}

/** Where mail goes as well: addresses, one in a line, and whether it stays, too. */
export function ForwardFields(props: { readonly forward: ForwardView; readonly set: (forward: ForwardView) => void }) {
  const { forward, set } = props;
  const help = useId();
  const written = (text: string): string[] => (text === '' ? [] : text.split('\n'));
  return (
    <>
      <label class="field">
        <span>{say('forward.to')}</span>
        <textarea
          rows={2}
          aria-describedby={help}
          value={forward.to.join('\n')}
          onInput={(event) => set({ ...forward, to: written(event.currentTarget.value) })}
        />
      </label>
      <p class="quiet" id={help}>
        {say('forward.to-help')}
      </p>
      {forward.to.length > 0 && (
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={forward.keep}
            onChange={() => set({ ...forward, keep: !forward.keep })}
          />
          <span>{say('forward.keep')}</span>
        </label>
      )}
    </>
  );
}

/** As the box takes it: without empty lines. */
export function tidyForward({ to, keep }: ForwardView): { to: string[]; keep: boolean } {
  return { to: to.map((one) => one.trim()).filter(Boolean), keep };
}
