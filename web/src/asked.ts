import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useEvents } from './live.ts';

/** An answer of the box that a screen shows: asked at once, and again when events tell that it may be another one. */
export interface Asked<T> {
  readonly value: T | undefined;
  /** Why there is none, or no newer one. */
  readonly error: string;
  readonly again: () => void;
}

/** @param key asks anew when it changes */
export function useAsked<T>(get: () => Promise<T>, prefixes: readonly string[] = [], key = ''): Asked<T> {
  const [state, setState] = useState<{ value: T | undefined; error: string }>({ value: undefined, error: '' });
  const current = useRef(get);
  current.current = get;
  const turn = useRef(0);
  const again = useCallback(() => {
    const mine = ++turn.current;
    current.current().then(
      (value) => mine === turn.current && setState({ value, error: '' }),
      (error: Error) => mine === turn.current && setState(({ value }) => ({ value, error: error.message })),
    );
  }, []);
  // The key says when.
  useEffect(again, [again, key]);
  useEvents(prefixes, again);
  return { ...state, again };
}
