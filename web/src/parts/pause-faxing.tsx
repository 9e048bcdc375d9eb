import type { LineView } from '../../../src/admin/admin-api.ts';
import { ask, change } from '../api.ts';
import { useAsked } from '../asked.ts';
import { useMay } from '../session.ts';
import { say } from '../words.ts';
import { ActButton } from './act.tsx';

/** Lets faxes wait, or go on: on all lines, or on those that are given with a name. */
export function PauseFaxing(props: {
  readonly lines: readonly LineView[];
  /** One line; without it all. */
  readonly line?: string;
  readonly done: () => void;
}) {
  const { lines, line = '', done } = props;
  const meant = lines.filter(({ id, send, receive }) => (line === '' || id === line) && (send || receive));
  if (meant.length === 0) return null;
  if (meant.every(({ paused }) => paused !== 'no'))
    return (
      <ActButton work={() => change('faxResume', { line })} done={done}>
        {say('pause.resume')}
      </ActButton>
    );
  return (
    <ActButton work={() => change('faxPause', { line, answer: true })} done={done}>
      {say('pause.begin')}
    </ActButton>
  );
}

/** For screens that show no lines: asks for them. Nothing for people who may not. */
export function FaxingPaused() {
  return useMay('operator') ? <AskedNote /> : null;
}

function AskedNote() {
  const lines = useAsked(() => ask('faxLines', {}), ['line.paused', 'config.changed']);
  return <PausedNote lines={lines.value ?? []} done={lines.again} />;
}

/** Says that faxes wait because somebody wanted it, and lets them go on. */
export function PausedNote(props: { readonly lines: readonly LineView[]; readonly done: () => void }) {
  const { lines, done } = props;
  const resting = lines.filter(({ paused }) => paused !== 'no');
  if (resting.length === 0) return null;
  const names = resting.map(({ number, id }) => number || id).join(', ');
  return (
    <div class="note" role="status">
      <p>{resting.length === lines.length ? say('pause.all') : say('pause.some', { lines: names })}</p>
      <ActButton work={() => change('faxResume', { line: '' })} done={done}>
        {say('pause.resume')}
      </ActButton>
    </div>
  );
}
