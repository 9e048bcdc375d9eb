import { say } from '../words.ts';

const signs = { done: '✓', note: '!', failed: '✗' } as const;
const tones = { done: 'well', note: 'busy', failed: 'wrong' } as const;

/** What was tried one after the other, and what came of each. */
export function Checks(props: {
  readonly steps: readonly { readonly step: string; readonly state: keyof typeof signs; readonly text: string }[];
}) {
  return (
    <ul class="plain checks">
      {props.steps.map(({ step, state, text }) => (
        <li key={step}>
          <span class={tones[state]} aria-hidden="true">
            {signs[state]}
          </span>
          <span>
            <span class="hidden">{say(`checks.${state}`)}: </span>
            {text}
          </span>
        </li>
      ))}
    </ul>
  );
}
