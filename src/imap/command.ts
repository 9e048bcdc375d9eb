import type { Cursor } from './parse.ts';
import type { ImapSession } from './session.ts';

export type State = 'notAuthenticated' | 'authenticated' | 'selected';

export const beforeLogin: readonly State[] = ['notAuthenticated'];
export const afterLogin: readonly State[] = ['authenticated', 'selected'];
export const whenSelected: readonly State[] = ['selected'];
export const always: readonly State[] = ['notAuthenticated', 'authenticated', 'selected'];

/** One command of RFC 9051 §6: reads its arguments, is let through by its states, and then does its work. */
export interface Command {
  readonly name: string;
  readonly states: readonly State[];
  /** `UID` may stand before it. */
  readonly uid?: boolean;
  /** Sequence numbers hold still while it runs without UID (RFC 9051 §7.5.1). */
  readonly holdsNumbers?: boolean;
  /** Reads what follows the name, from its space on. Pure. @throws ImapError */
  read(cursor: Cursor, form: CommandForm): Run;
}

export interface CommandForm {
  readonly tag: string;
  /** `UID` stood before it. */
  readonly byUid: boolean;
  /** Strings are UTF-8 (RFC 6855). */
  readonly utf8: boolean;
}

/** @throws ImapError for an answer of NO or BAD. */
export type Run = (session: ImapSession) => Promise<Completion>;

/** The tagged OK. */
export interface Completion {
  readonly text: string;
  /** Response code without its brackets. */
  readonly code?: string;
  /** Done after the answer is on its way. */
  readonly after?: () => Promise<void>;
}
