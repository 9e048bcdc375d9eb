import { installed, otherSlot, writing } from '../slots/boot-state.ts';
import { SlotError, writeSlot } from '../slots/write-slot.ts';
import { BundleError } from '../update/bundle-format.ts';
import { readUpdateKeys } from '../update/bundle-keys.ts';
import { readSignedBundle } from '../update/read-bundle.ts';
import { unsuitable } from '../update/suitable.ts';
import type { Handlers } from './handlers.ts';
import { type OperationResult, PrivilegedError } from './operations.ts';
import type { SlotPlaces } from './slot-places.ts';
import { changeBootState } from './slots-operations.ts';

/**
 * Installing an update into the slot that does not run. Nothing is written before signature, board and version were
 * checked; interrupted at any moment the running system starts again (the order of writes is that of `write-slot.ts`
 * between the two changes of `boot-state.ts`).
 */
export function updateOperations(places: SlotPlaces): Handlers<'update.install'> {
  return {
    'update.install': async ({ allowDowngrade }, { input }) => {
      const release = await places.lock('update');
      try {
        return await install(places, input, allowDowngrade);
      } catch (error) {
        if (error instanceof BundleError) throw new PrivilegedError('refused', error.message, { cause: error });
        if (error instanceof SlotError) throw new PrivilegedError('failed', error.message, { cause: error });
        throw error;
      } finally {
        release();
      }
    },
  };
}

async function install(
  places: SlotPlaces,
  input: AsyncIterable<Uint8Array>,
  allowDowngrade: boolean,
): Promise<OperationResult<'update.install'>> {
  const { box, open } = places;
  const target = otherSlot(box.slot);
  const bundle = await readSignedBundle(input, await readUpdateKeys(places.keys));
  const slot = await open(await places.slotPath(target));
  try {
    const reason = unsuitable(bundle.manifest, box, { allowDowngrade, slotBytes: slot.sizeBytes });
    if (reason !== undefined) throw new PrivilegedError('refused', reason);
    await changeBootState(places, (state) => {
      if (state.slots[box.slot].tries > 0) throw new PrivilegedError('refused', notConfirmed);
      return writing(state, target);
    });
    await writeSlot(slot, bundle, () => places.dropCaches());
    await changeBootState(places, (state) => installed(state, target));
  } finally {
    await slot.close();
  }
  return { version: bundle.manifest.version, slot: target };
}

/** The other slot may be the only one that is known to work. */
const notConfirmed =
  'The system that runs has not been well for long enough to be left without the former one: try again in a few minutes.';
