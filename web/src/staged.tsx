import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useMemo, useState } from 'preact/hooks';

/** A setting that is to be another one. `value` undefined returns it to its default. */
export interface Wish {
  readonly path: string;
  readonly value: unknown;
}

/** Changes of settings that are not made yet: gathered over all screens, looked at and made together. */
export interface Staged {
  readonly wishes: readonly Wish[];
  readonly wish: (path: string, value: unknown) => void;
  readonly drop: (path: string) => void;
  readonly dropAll: () => void;
}

const StagedContext = createContext<Staged | undefined>(undefined);

export function StagedProvider({ children }: { readonly children: ComponentChildren }) {
  const [wishes, setWishes] = useState<readonly Wish[]>([]);
  const drop = useCallback((path: string) => setWishes((all) => all.filter((one) => one.path !== path)), []);
  const wish = useCallback((path: string, value: unknown) => {
    // A wish for a whole takes the place of wishes for its parts.
    setWishes((all) => [
      ...all.filter((one) => one.path !== path && !one.path.startsWith(`${path}.`)),
      { path, value },
    ]);
  }, []);
  const dropAll = useCallback(() => setWishes([]), []);
  const staged = useMemo(() => ({ wishes, wish, drop, dropAll }), [wishes, wish, drop, dropAll]);
  return <StagedContext.Provider value={staged}>{children}</StagedContext.Provider>;
}

export function useStaged(): Staged {
  return useContext(StagedContext)!;
}
