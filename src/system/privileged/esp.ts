import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { PrivilegedError } from './operations.ts';
import { runProgram } from './run-program.ts';

/**
 * Mounts the boot partition for as long as `work` runs. Each process of the helper has a mount point of its own, so that
 * two at one time do not take it from each other; the kernel makes them one file system.
 */
export async function withEsp<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const device = await devicePath('esp');
  const folder = `/run/esp.${process.pid}`;
  await mkdir(folder, { mode: 0o700 });
  try {
    await runProgram('mount', ['-t', 'vfat', '-o', 'nosuid,nodev,noexec,sync,umask=077', device, folder]);
    try {
      return await work(folder);
    } finally {
      await runProgram('umount', [folder]);
    }
  } finally {
    await rmdir(folder).catch(() => {});
  }
}

/** The device of a partition of the box by its name in the partition table: `esp`, `slot-A`, `data`. @throws PrivilegedError */
export async function devicePath(partition: string): Promise<string> {
  for (const name of await readdir('/sys/class/block')) {
    const facts = await readFile(`/sys/class/block/${name}/uevent`, 'utf8').catch(() => '');
    if (facts.split('\n').includes(`PARTNAME=${partition}`)) return `/dev/${name}`;
  }
  throw new PrivilegedError('failed', `This box has no partition ${partition}.`);
}
