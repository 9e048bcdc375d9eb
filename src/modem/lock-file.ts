import { constants } from 'node:fs';
import { link, open, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Lock files of serial ports as UUCP, mgetty and HylaFAX use them: `LCK..` and the device name, slashes as
 * underscores, holding the process id in ten characters. A lock whose process is gone is stale and taken over.
 */
export const lockFolder = '/var/lock';

/** Another program has the port. */
export class PortBusyError extends Error {
  override readonly name = 'PortBusyError';
}

/**
 * Takes the lock of a device.
 * @returns the way to let go.
 * @throws PortBusyError when a living process holds it.
 */
export async function lockDevice(device: string, folder: string = lockFolder): Promise<() => Promise<void>> {
  const path = join(folder, `LCK..${device.replace(/^\/dev\//, '').replaceAll('/', '_')}`);
  const own = `${path}.${process.pid}`;
  await writeFile(own, `${String(process.pid).padStart(10)}\n`, { mode: 0o644 });
  try {
    // A link is made whole or not at all: two programs cannot both believe that they have the lock.
    for (let tries = 0; tries < 3; tries++) {
      if (await linked(own, path)) {
        held.add(path);
        return () => unlock(path);
      }
      const holder = await holderOf(path);
      // Our own number in a lock that we do not hold was that of another process, before the last restart.
      const stale = holder === undefined || (holder === process.pid ? !held.has(path) : !isAlive(holder));
      if (!stale) throw new PortBusyError(`${device} is used by process ${holder}`);
      await unlink(path).catch(() => {});
    }
    throw new PortBusyError(`${device} is being taken by another program`);
  } finally {
    await unlink(own).catch(() => {});
  }
}

/** Locks of this process. */
const held = new Set<string>();

async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when the file is gone or says nothing sensible: text of ten characters, or four bytes (old UUCP). */
async function holderOf(path: string): Promise<number | undefined> {
  const bytes = await readFile(path, { flag: constants.O_RDONLY }).catch(() => undefined);
  if (!bytes) return undefined;
  const pid = bytes.length === 4 ? bytes.readInt32LE() : Number.parseInt(bytes.subarray(0, 20).toString('latin1'), 10);
  return pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function unlock(path: string): Promise<void> {
  held.delete(path);
  if ((await holderOf(path)) === process.pid) await unlink(path).catch(() => {});
}

/** Whether lock files can be written here; without the right to, ports are used unlocked. */
export async function canLock(folder: string = lockFolder): Promise<boolean> {
  const probe = join(folder, `.caselli-${process.pid}`);
  try {
    await (await open(probe, 'wx')).close();
    await unlink(probe);
    return true;
  } catch {
    return false;
  }
}
