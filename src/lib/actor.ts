import { AsyncLocalStorage } from 'node:async_hooks';

/** Who asks for what is being done, from where and through which face of the box. */
export interface Actor {
  readonly via: 'panel' | 'command line' | 'front panel';
  /** Mail address; empty for the administrator of the box, and for whoever stands before it. */
  readonly account: string;
  /** IP address; empty for what is done on the box itself. */
  readonly remote: string;
  /** Public id of the panel's session; empty elsewhere. */
  readonly session: string;
  /** Origin of the panel as the browser sees it, `https://box.office.test`; empty elsewhere. */
  readonly origin: string;
}

const actors = new AsyncLocalStorage<Actor>();

/**
 * Does something in the name of somebody. It is carried beside the calls, as the clock of a call is not: what is done deep
 * below (a listener of settings, an event) is still theirs, and no part in between has to know of it.
 */
export function asActor<T>(actor: Actor, work: () => T): T {
  return actors.run(actor, work);
}

/** Who asked for what is being done; undefined for what the box does by itself. */
export function currentActor(): Actor | undefined {
  return actors.getStore();
}

export const commandLine: Actor = { via: 'command line', account: '', remote: '', session: '', origin: '' };
export const frontPanel: Actor = { ...commandLine, via: 'front panel' };
