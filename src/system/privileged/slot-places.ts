import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { systemClock } from '../../lib/clock.ts';
import { waitForLock } from '../../lib/lock.ts';
import { type BoxFacts, imageFactsFile, readBoxFacts, type Slot } from '../box.ts';
import { type OpenRaw, openRaw } from '../slots/raw-file.ts';
import { updateKeysFolder } from '../update/bundle-keys.ts';
import { isVersion } from '../update/version.ts';
import { devicePath, withEsp } from './esp.ts';
import { PrivilegedError } from './operations.ts';
import { runProgram } from './run-program.ts';

/** Where the two systems and what chooses between them are. */
export interface SlotPlaces {
  /** The system that runs. */
  readonly box: Pick<BoxFacts, 'board' | 'version' | 'slot'>;
  /** Folder of the public keys of updates. */
  readonly keys: string;
  /** Gives the folder of the boot partition, for as long as `work` runs. */
  withEsp<T>(work: (folder: string) => Promise<T>): Promise<T>;
  slotPath(slot: Slot): Promise<string>;
  readonly open: OpenRaw;
  /** Version of the system in a slot; empty when there is none that can be read. */
  readVersion(slot: Slot): Promise<string>;
  /** From now on what is read comes from the disk. */
  dropCaches(): Promise<void>;
  /** For the one process of the helper that may do this; resolves with the way to let go. @throws PrivilegedError `refused` */
  lock(what: 'boot' | 'update'): Promise<() => void>;
}

/** Writing the boot state takes a moment; an update is not waited for. */
const lockWaitMs = { boot: 30_000, update: 0 };

/** Those of a box. @throws PrivilegedError on a machine that is none */
export async function boxSlotPlaces(): Promise<SlotPlaces> {
  const box = await readBoxFacts();
  if (!box) throw new PrivilegedError('failed', 'This machine is no Caselli box.');
  const slotPath = (slot: Slot): Promise<string> => devicePath(`slot-${slot}`);
  return {
    box,
    keys: updateKeysFolder,
    withEsp,
    slotPath,
    open: openRaw,
    readVersion: async (slot) => (slot === box.slot ? box.version : versionIn(await slotPath(slot))),
    dropCaches: () => writeFile('/proc/sys/vm/drop_caches', '1'),
    lock: async (what) => {
      const release = await waitForLock(`/run/${what}.lock`, systemClock, lockWaitMs[what]);
      if (release) return release;
      throw new PrivilegedError('refused', 'An update is being installed already.');
    },
  };
}

/** Of a system that does not run: mounted for a look, since only the kernel reads a squashfs here. */
async function versionIn(device: string): Promise<string> {
  const folder = `/run/slot.${process.pid}`;
  await mkdir(folder, { mode: 0o700 });
  try {
    await runProgram('mount', ['-t', 'squashfs', '-o', 'ro,nosuid,nodev,noexec', device, folder]);
    try {
      // A newer system may say more of itself than this version knows.
      const { version } = JSON.parse(await readFile(`${folder}${imageFactsFile}`, 'utf8'));
      return isVersion(String(version)) ? version : '';
    } finally {
      await runProgram('umount', [folder]);
    }
  } catch {
    return ''; // overwritten, half written, or of a form that this version does not know
  } finally {
    await rmdir(folder).catch(() => {});
  }
}
