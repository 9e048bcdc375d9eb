import { useEffect, useState } from 'preact/hooks';
import type { LineTestView } from '../../../src/admin/views/line-views.ts';
import { change } from '../api.ts';
import { say } from '../words.ts';
import { useAct } from './act.tsx';
import { Checks } from './checks.tsx';
import { Good, Hint, Trouble } from './notes.tsx';

/** Asks a modem what it can do, and listens for the dial tone where that is wanted: of a line, or at a port. */
export function LineTest({ line = '', port = '' }: { readonly line?: string; readonly port?: string }) {
  const [dialTone, setDialTone] = useState(true);
  const [answer, setAnswer] = useState<LineTestView>();
  const act = useAct();
  useEffect(() => setAnswer(undefined), [line, port]);
  const start = (): Promise<boolean> =>
    act.start(async () => {
      setAnswer(undefined);
      setAnswer(await change('lineTest', { line, port, dialTone }));
    });
  return (
    <div class="trial">
      <label class="switch">
        <input type="checkbox" checked={dialTone} onChange={() => setDialTone(!dialTone)} />
        <span>{say('lines.dial-tone')}</span>
      </label>
      <Hint>{say('lines.dial-tone-help')}</Hint>
      <button type="button" disabled={act.busy || (line === '' && port === '')} onClick={() => void start()}>
        {say(act.busy ? 'lines.testing' : 'lines.test-modem')}
      </button>
      {act.error && <Trouble>{act.error}</Trouble>}
      {answer && (
        <>
          <Checks steps={answer.steps} />
          {answer.works ? (
            <Good>{say(hasTone(answer) ? 'lines.works' : 'lines.modem-works')}</Good>
          ) : (
            <Trouble>{say('lines.fails')}</Trouble>
          )}
          {answer.transcript && (
            <details>
              <summary>{say('lines.transcript')}</summary>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
              <pre class="code" tabIndex={0}>
                {answer.transcript}
              </pre>
            </details>
          )}
        </>
      )}
    </div>
  );
}

/** Without it only the modem is proved, not the telephone line. */
function hasTone({ steps }: LineTestView): boolean {
  return steps.some(({ step, state }) => step === 'dial-tone' && state === 'done');
}
