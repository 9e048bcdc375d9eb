import { currentActor } from '../lib/actor.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { SessionView } from './views/access-views.ts';

/** Who is logged in to the panel. */
export interface SessionAdmin {
  sessionOwn(who: { account: string }): Promise<readonly SessionView[]>;
  sessionEndOwn(what: { account: string; id: string }): Promise<void>;
  /** All of the own but the one that asks. */
  sessionEndOthers(who: { account: string }): Promise<{ readonly ended: number }>;
  sessionList(): Promise<readonly SessionView[]>;
  sessionEnd(what: { id: string }): Promise<void>;
}

/** The sessions of the panel, as far as they are asked for here. Instants are ms since 1970. */
export interface OpenSessions {
  list(account?: string): readonly {
    readonly id: string;
    readonly account: string;
    readonly role: string;
    readonly agent: string;
    readonly remote: string;
    readonly how: string;
    readonly since: number;
    readonly usedAt: number;
    readonly endsAt: number;
  }[];
  endById(id: string, account?: string): boolean;
  endAll(account: string, why: string, except?: string): number;
}

export function sessionAdmin(sessions: OpenSessions): SessionAdmin {
  const views = (account?: string): readonly SessionView[] =>
    sessions.list(account).map(({ id, account: of, role, agent, remote, how, since, usedAt, endsAt }) => ({
      id,
      account: of,
      role,
      agent,
      remote,
      how,
      since: new Date(since).toISOString(),
      usedAt: new Date(usedAt).toISOString(),
      endsAt: new Date(endsAt).toISOString(),
      isThis: id === currentActor()?.session,
    }));
  const end = (id: string, account?: string): void => {
    if (!sessions.endById(id, account)) throw new AdminError(exitCodes.noInput, 'This session is over already.');
  };
  return {
    sessionOwn: async ({ account }) => views(account),
    sessionEndOwn: async ({ account, id }) => end(id, account),
    sessionEndOthers: async ({ account }) => ({
      ended: sessions.endAll(account, 'logged out from elsewhere', currentActor()?.session),
    }),
    sessionList: async () => views(),
    sessionEnd: async ({ id }) => end(id),
  };
}
