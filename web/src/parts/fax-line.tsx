import type { LineView } from '../../../src/admin/admin-api.ts';
import { say, sayOr } from '../words.ts';
import { Crossing } from './crossing.tsx';

/** One fax line as it is now, with the page that crosses. */
export function FaxLine({ line }: { readonly line: LineView }) {
  const busy = line.peer !== '';
  const isPaused = line.paused !== 'no' && line.state === 'idle';
  const tone = line.fault ? 'wrong' : busy || isPaused ? 'busy' : line.state === 'idle' ? 'well' : 'quiet';
  return (
    <article class="card line">
      <h3>
        {line.number || line.id} <span class="quiet">{line.number ? line.id : ''}</span>
      </h3>
      <p class={tone}>{line.fault || (isPaused ? pauseOf(line) : sayOr(`line.${line.state}`, line.state))}</p>
      {busy && line.paused !== 'no' && <p class="quiet">{pauseOf(line)}</p>}
      {busy && (
        <p>
          {say('line.with', { peer: line.peer })}
          {line.page > 0 &&
            ` · ${line.pages > 0 ? say('line.page-of', { page: line.page, pages: line.pages }) : say('line.page', { page: line.page })}`}
        </p>
      )}
      {line.pages > 0 && (
        <progress
          value={line.page}
          max={line.pages}
          aria-label={say('line.page-of', { page: line.page, pages: line.pages })}
        />
      )}
      {line.page > 0 && (line.state === 'sending' || line.state === 'receiving') && (
        <Crossing key={line.id} line={line.id} page={line.page} />
      )}
      <p class="quiet">{line.modem}</p>
    </article>
  );
}

function pauseOf({ paused }: LineView): string {
  return say(paused === 'all' ? 'pause.answering' : 'pause.sending');
}
