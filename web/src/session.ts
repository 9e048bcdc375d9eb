import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './api.ts';

/** Who looks at the panel, for every part of a page. */
export interface Here extends Session {
  /** Asks the box anew: after logging in and out, and when the box was given another name. */
  readonly again: () => void;
}

export const SessionContext = createContext<Here | undefined>(undefined);

export function useSession(): Here {
  return useContext(SessionContext)!;
}

export function useMay(role: 'operator' | 'administrator'): boolean {
  const { role: own } = useSession();
  return own === 'administrator' || own === role;
}
