import type { Slot } from '../box.ts';
import { mostTries } from '../slots/boot-state.ts';
import type { LastUpdate } from './update-record.ts';

/** What is known when the program starts. */
export interface Start {
  readonly slot: Slot;
  readonly version: string;
  /** Differs from start to start of the machine. */
  readonly bootId: string;
  readonly slots: readonly {
    readonly slot: Slot;
    readonly version: string;
    readonly ok: boolean;
    readonly tries: number;
  }[];
}

/** Whether the slots must be read to know: that takes a second of every start. */
export function needsSlots({ result, to }: LastUpdate, { version }: Pick<Start, 'version'>): boolean {
  return version !== to && (result === 'installing' || result === 'confirmed');
}

/** What became of an update by now. Pure. */
export function outcomeOf(last: LastUpdate, start: Start): LastUpdate['result'] {
  const runsHere = start.slot === last.slot && start.version === last.to;
  const target = start.slots.find(({ slot }) => slot === last.slot);
  switch (last.result) {
    case 'installing':
      if (runsHere) return 'trial';
      // The program was ended before it could write down that the update is there.
      if (start.bootId === last.bootId) return isInstalled(target, last) ? 'installed' : 'interrupted';
      return isInstalled(target, last) ? 'rolled-back' : 'interrupted';
    case 'installed':
      if (runsHere) return 'trial';
      return start.bootId === last.bootId ? 'installed' : 'rolled-back';
    case 'trial':
      return runsHere ? 'trial' : 'rolled-back';
    case 'confirmed':
      // The data may come from another box: only a slot that plainly failed counts.
      return !runsHere && start.version !== last.to && target && hasFailed(target) ? 'rolled-back' : 'confirmed';
    case 'rolled-back':
    case 'failed':
    case 'interrupted':
      return last.result;
  }
}

function isInstalled(target: Start['slots'][number] | undefined, last: LastUpdate): boolean {
  return target?.ok === true && target.version === last.to;
}

function hasFailed({ ok, tries, version }: Start['slots'][number]): boolean {
  return !ok || tries >= mostTries || version === '';
}
