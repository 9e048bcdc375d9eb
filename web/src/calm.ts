import { useCallback, useEffect, useRef } from 'preact/hooks';
import { type Asked, useAsked } from './asked.ts';
import { useEvents } from './live.ts';

/** Shortest time between two questions. */
const calmMs = 2000;

/** As `useAsked`, for answers that cost the box some work: asked again at once after the first event, then seldom. */
export function useAskedCalmly<T>(get: () => Promise<T>, prefixes: readonly string[], key: string): Asked<T> {
  const asked = useAsked(get, [], key);
  const { again } = asked;
  const last = useRef(0);
  const timer = useRef(0);
  const heard = useCallback(() => {
    if (timer.current) return;
    const wait = Math.max(last.current + calmMs - Date.now(), 0);
    timer.current = window.setTimeout(() => {
      timer.current = 0;
      last.current = Date.now();
      again();
    }, wait);
  }, [again]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  useEvents(prefixes, heard);
  return asked;
}
