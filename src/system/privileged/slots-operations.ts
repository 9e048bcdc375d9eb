import { readBootEnvironment, writeBootEnvironment } from '../slots/boot-environment.ts';
import { type BootState, confirmed } from '../slots/boot-state.ts';
import type { Handlers } from './handlers.ts';
import type { SlotPlaces } from './slot-places.ts';

/** Reading which system starts, and confirming the one that runs. */
export function slotsOperations(places: SlotPlaces): Handlers<'slots.read' | 'slots.confirm'> {
  const { box, open } = places;
  return {
    'slots.read': async () => {
      const { state, damaged } = await places.withEsp((esp) => readBootEnvironment(esp, open));
      const slots = [];
      for (const slot of ['A', 'B'] as const) {
        slots.push({ slot, version: await places.readVersion(slot), ...state.slots[slot] });
      }
      return { order: [...state.order], slots, damaged };
    },

    'slots.confirm': async () => {
      await changeBootState(places, (state, damaged) => {
        const { ok, tries } = state.slots[box.slot];
        // A second confirmation in one run must not take back that an update, installed since, starts next.
        return ok && tries === 0 && !damaged ? undefined : confirmed(state, box.slot);
      });
      return {};
    },
  };
}

/** Reads the boot state and writes what `change` makes of it, with no other process between. */
export async function changeBootState(
  { withEsp, open, lock }: SlotPlaces,
  change: (state: BootState, damaged: boolean) => BootState | undefined,
): Promise<void> {
  const release = await lock('boot');
  try {
    await withEsp(async (esp) => {
      const { state, damaged } = await readBootEnvironment(esp, open);
      const changed = change(state, damaged);
      if (changed) await writeBootEnvironment(esp, open, changed);
    });
  } finally {
    release();
  }
}
