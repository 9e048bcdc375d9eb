import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { inBackground } from './api.ts';
import { useEvents } from './live.ts';

/** An answer of the box that a screen shows: asked at once, and again when events tell that it may be another one. */
export interface Asked<T> {
  readonly value: T | undefined;
  /** Why there is none, or no newer one. */
  readonly error: string;
  readonly again: () => void;
}

/** So long after an answer events wait for the next question: in a burst a page asks every two seconds, not at each event. */
const pauseMs = 2000;

/** @param key asks anew when it changes */
export function useAsked<T>(get: () => Promise<T>, prefixes: readonly string[] = [], key = ''): Asked<T> {
  const [state, setState] = useState<{ value: T | undefined; error: string }>({ value: undefined, error: '' });
  const current = useRef(get);
  current.current = get;
  const turn = useRef(0);
  const pace = useRef({ asking: false, answeredAt: -pauseMs, timer: 0, missed: false });
  const again = useCallback(() => {
    const mine = ++turn.current;
    const { current: paced } = pace;
    window.clearTimeout(paced.timer);
    paced.timer = 0;
    paced.asking = true;
    const answered = (): boolean => {
      if (mine !== turn.current) return false;
      paced.asking = false;
      paced.answeredAt = performance.now();
      return true;
    };
    current.current().then(
      (value) => answered() && setState({ value, error: '' }),
      (error: Error) => answered() && setState(({ value }) => ({ value, error: error.message })),
    );
  }, []);
  const heard = useCallback(() => {
    const { current: paced } = pace;
    if (paced.timer !== 0) return;
    // Nobody looks: asked when somebody does.
    paced.missed = document.hidden;
    if (paced.missed) return;
    // While an answer is under way it may already be an old one: it is asked for anew after it.
    const wait = paced.asking ? pauseMs : Math.max(0, paced.answeredAt + pauseMs - performance.now());
    if (wait === 0) inBackground(again);
    else paced.timer = window.setTimeout(() => inBackground(again), wait);
  }, [again]);
  useEffect(() => () => window.clearTimeout(pace.current.timer), []);
  useEffect(() => {
    const seen = (): void => {
      if (!document.hidden && pace.current.missed) heard();
    };
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }, [heard]);
  // The key says when.
  useEffect(again, [again, key]);
  useEvents(prefixes, heard);
  return { ...state, again };
}
