import type { Slot } from '../box.ts';

/**
 * Which of the two systems starts. GRUB decides by five variables of its environment block (`image/grub/grub.cfg` is the
 * same decision in its language): `ORDER`, and for each slot `x_OK` and `x_TRY`, as RAUC names them. GRUB raises `x_TRY`
 * at each start of a slot, the running system clears it when it is well, an update clears `x_OK` while it writes.
 *
 * What changes the state, each one write of the block:
 *
 *     start       (GRUB)     first slot of ORDER that is OK, tried less than three times and has a kernel: its tries + 1
 *     last resort (GRUB)     when there is none: a slot that has a kernel, those that are OK first; all tries 0
 *     confirmed   (system)   the running slot is OK, has no tries and is first
 *     writing     (update)   the target is not OK; the running slot is, and is first
 *     installed   (update)   the target is OK, has no tries and is first
 */
export interface BootState {
  /** As it is tried; may lack a slot or name one twice when others wrote it. */
  readonly order: readonly Slot[];
  readonly slots: Readonly<Record<Slot, SlotState>>;
}

export interface SlotState {
  readonly ok: boolean;
  /** Starts since it was last found well, 0 to 3. */
  readonly tries: number;
}

/** A slot is left after so many starts that did not end in a confirmation. */
export const mostTries = 3;

/** What a missing or damaged block means. */
export const freshBootState: BootState = {
  order: ['A', 'B'],
  slots: { A: { ok: true, tries: 0 }, B: { ok: true, tries: 0 } },
};

export function otherSlot(slot: Slot): Slot {
  return slot === 'A' ? 'B' : 'A';
}

/** A variable that is missing has its default; a value that GRUB does not know means not OK, or tried out. */
export function bootStateOf(variables: ReadonlyMap<string, string>): BootState {
  const order = variables.get('ORDER')?.split(/[ \t\n]+/);
  const slot = (name: Slot): SlotState => ({
    ok: (variables.get(`${name}_OK`) ?? '1') === '1',
    tries: triesOf(variables.get(`${name}_TRY`) ?? '0'),
  });
  return {
    order: order ? order.filter((one): one is Slot => one === 'A' || one === 'B') : freshBootState.order,
    slots: { A: slot('A'), B: slot('B') },
  };
}

function triesOf(text: string): number {
  return /^[012]$/.test(text) ? Number(text) : mostTries;
}

export function variablesOf({ order, slots }: BootState): ReadonlyMap<string, string> {
  return new Map([
    ['ORDER', order.join(' ')],
    ['A_OK', slots.A.ok ? '1' : '0'],
    ['A_TRY', String(slots.A.tries)],
    ['B_OK', slots.B.ok ? '1' : '0'],
    ['B_TRY', String(slots.B.tries)],
  ]);
}

/** The running system is well. */
export function confirmed(state: BootState, running: Slot): BootState {
  return withSlot(state, running, { ok: true, tries: 0 }, running);
}

/** Before the first octet of an update is written. The running slot counts as whole: it must not be the last choice. */
export function writing(state: BootState, target: Slot): BootState {
  const running = otherSlot(target);
  const whole = { ...state.slots[running], ok: true };
  return withSlot(withSlot(state, running, whole, running), target, { ok: false, tries: 0 }, running);
}

/** After the last octet of an update was read back. */
export function installed(state: BootState, target: Slot): BootState {
  return withSlot(state, target, { ok: true, tries: 0 }, target);
}

function withSlot(state: BootState, slot: Slot, is: SlotState, first: Slot): BootState {
  return { order: [first, otherSlot(first)], slots: { ...state.slots, [slot]: is } };
}

/** What GRUB does at a start. */
export interface Choice {
  readonly slot: Slot;
  /** No slot is well: this one is started as a last resort. */
  readonly rescue: boolean;
  /** What it writes before it starts the slot. */
  readonly state: BootState;
}

/**
 * The decision of `grub.cfg`.
 * @param hasKernel whether GRUB can open the kernel in that slot
 * @returns undefined when there is nothing to start: GRUB waits a little and starts the machine again
 */
export function choose(state: BootState, hasKernel: (slot: Slot) => boolean): Choice | undefined {
  for (const slot of state.order) {
    const { ok, tries } = state.slots[slot];
    if (!ok || tries >= mostTries || !hasKernel(slot)) continue;
    return {
      slot,
      rescue: false,
      state: { ...state, slots: { ...state.slots, [slot]: { ok, tries: tries + 1 } } },
    };
  }
  const { A, B } = state.slots;
  const cleared = { ...state, slots: { A: { ...A, tries: 0 }, B: { ...B, tries: 0 } } };
  const lastOrder: readonly Slot[] = [...state.order, 'A', 'B'];
  const slot =
    lastOrder.find((one) => state.slots[one].ok && hasKernel(one)) ?? lastOrder.find((one) => hasKernel(one));
  return slot && { slot, rescue: true, state: cleared };
}
