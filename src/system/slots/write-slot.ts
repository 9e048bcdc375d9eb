import { createHash } from 'node:crypto';
import { blockBytes } from '../update/bundle-format.ts';
import type { Bundle } from '../update/read-bundle.ts';
import type { RawFile } from './raw-file.ts';

/**
 * Writes the system of a bundle into a slot, and reads it back. The superblock, without which nobody takes the slot for a
 * file system, is overwritten first and written last: whatever the boot state says, a slot that was half written has no
 * kernel for GRUB.
 *
 *     zeros over the superblock, sync       from here on the former system is gone
 *     everything else, each block checked   sync now and then
 *     sync; the superblock, sync            the whole was checked, and is there
 *     read back
 */

/** One sector: it is written or it is not, whenever the power goes. */
const superblockBytes = 512;
/** Blocks between two syncs: what waits to be written is memory. */
const syncEvery = 16;

/** The disk does not give back what was written. */
export class SlotError extends Error {
  override readonly name = 'SlotError';
}

/** @throws BundleError, SlotError; then the slot has no system */
export async function writeSlot(slot: RawFile, bundle: Bundle, dropCaches: () => Promise<void>): Promise<void> {
  await erase(slot);
  let superblock = new Uint8Array();
  let at = 0;
  for await (const block of bundle.blocks()) {
    if (at === 0) superblock = block.slice(0, superblockBytes);
    await slot.write(at === 0 ? superblock.length : at, at === 0 ? block.subarray(superblock.length) : block);
    at += block.length;
    if (at % (syncEvery * blockBytes) === 0) await slot.sync();
  }
  await slot.sync();
  await slot.write(0, superblock);
  await slot.sync();
  await dropCaches();
  if (await holds(slot, bundle)) return;
  await erase(slot);
  throw new SlotError(
    'The disk does not give back what was written to it: it may be at its end. The update was not installed.',
  );
}

async function erase(slot: RawFile): Promise<void> {
  await slot.write(0, new Uint8Array(superblockBytes));
  await slot.sync();
}

async function holds(slot: RawFile, { manifest }: Bundle): Promise<boolean> {
  for (const [index, expected] of manifest.blocks.entries()) {
    const at = index * blockBytes;
    const block = await slot.read(at, Math.min(blockBytes, manifest.sizeBytes - at));
    if (createHash('sha256').update(block).digest('hex') !== expected) return false;
  }
  return true;
}
