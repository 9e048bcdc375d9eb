import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { addressOf } from '../api.ts';
import { useEvents } from '../live.ts';
import { say } from '../words.ts';

/** Twice as wide as it is shown, for fine displays. */
const widthPx = 360;
/** A picture is asked for at most so often. */
const pauseMs = 700;

/** The page that crosses a line now: it grows as its lines come. */
export function Crossing({ line, page }: { readonly line: string; readonly page: number }) {
  const [at, setAt] = useState(() => Date.now());
  const pace = useRef({ loading: true, missed: false, timer: 0 });
  const next = useCallback(() => {
    pace.current = { loading: true, missed: false, timer: 0 };
    setAt(Date.now());
  }, []);
  const heard = useCallback(() => {
    const { current } = pace;
    if (current.loading || current.timer !== 0) current.missed = true;
    else next();
  }, [next]);
  const loaded = (): void => {
    const { current } = pace;
    current.loading = false;
    current.timer = window.setTimeout(() => {
      current.timer = 0;
      if (current.missed) next();
    }, pauseMs);
  };
  useEffect(() => () => window.clearTimeout(pace.current.timer), []);
  useEvents(['call.page'], heard);
  return (
    <div class="crossing">
      <img
        src={addressOf('faxCrossing', { line, widthPx, at })}
        alt={say('crossing.page', { page })}
        onLoad={loaded}
        onError={loaded}
      />
    </div>
  );
}
