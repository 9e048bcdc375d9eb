import { mkdir, open, readdir, readFile, readlink, rmdir } from 'node:fs/promises';
import { sniffBytes, sniffFileSystem } from '../storage/file-system.ts';
import type { Handlers } from './handlers.ts';
import { type OperationResult, PrivilegedError } from './operations.ts';
import { runProgram } from './run-program.ts';

type Partition = OperationResult<'storage.list'>['partitions'][number];

const media = '/run/media';
/** The user that the program runs as. */
const caselli = 900;

/** USB sticks and memory cards. The disk that the box itself is on is never among them. */
export const storageOperations: Handlers<'storage.list' | 'storage.mount' | 'storage.unmount'> = {
  'storage.list': async () => ({ partitions: await removablePartitions() }),

  'storage.mount': async ({ name, writable }) => {
    const partition = await wanted(name);
    const folder = `${media}/${name}`;
    if ((await mountsAt(folder)) > 0) await runProgram('umount', [folder]);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const rights = partition.fileSystem === 'ext4' ? '' : `,uid=${caselli},gid=${caselli},umask=077`;
    const options = `${writable ? 'rw' : 'ro'},nosuid,nodev,noexec,noatime${rights}`;
    await runProgram('mount', ['-t', partition.fileSystem, '-o', options, `/dev/${name}`, folder]);
    return { folder };
  },

  'storage.unmount': async ({ name }) => {
    const folder = `${media}/${name}`;
    if ((await mountsAt(folder)) === 0) return {};
    await runProgram('sync', []);
    await runProgram('umount', [folder]);
    await rmdir(folder).catch(() => {});
    return {};
  },
};

/** @throws PrivilegedError when there is no such partition, or one that cannot be read */
async function wanted(name: string): Promise<Partition> {
  const found = (await removablePartitions()).find((one) => one.name === name);
  if (!found) throw new PrivilegedError('refused', `There is no stick ${name}.`);
  if (found.fileSystem === '')
    throw new PrivilegedError(
      'refused',
      `The stick ${name} has no file system that the box reads: format it as FAT32 or exFAT.`,
    );
  return found;
}

async function removablePartitions(): Promise<Partition[]> {
  const own = await ownDisk();
  const partitions: Partition[] = [];
  for (const disk of await readdir('/sys/block')) {
    if (!/^(?:sd[a-z]{1,2}|mmcblk\d|vd[a-z])$/.test(disk) || disk === own) continue;
    const children = (await readdir(`/sys/block/${disk}`)).filter((name) => name.startsWith(disk));
    const model = (await fact(`/sys/block/${disk}/device/model`)) || (await fact(`/sys/block/${disk}/device/name`));
    // A stick without a partition table is one file system from its start.
    for (const name of children.length > 0 ? children.toSorted() : [disk]) {
      const sectors = Number(await fact(`/sys/class/block/${name}/size`));
      if (sectors === 0) continue;
      const { kind, label } = sniffFileSystem(await firstOctets(`/dev/${name}`));
      partitions.push({ name, label, fileSystem: kind, sizeBytes: sectors * 512, model });
    }
  }
  return partitions;
}

/** The disk with the partitions of the box. */
async function ownDisk(): Promise<string> {
  for (const name of await readdir('/sys/class/block')) {
    const facts = await fact(`/sys/class/block/${name}/uevent`);
    if (!/^PARTNAME=(?:slot-[AB]|data)$/m.test(facts)) continue;
    // …/block/sda/sda3: the folder above is the disk.
    return (await readlink(`/sys/class/block/${name}`)).split('/').at(-2) ?? '';
  }
  return '';
}

async function fact(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}

async function firstOctets(device: string): Promise<Buffer> {
  try {
    const handle = await open(device, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(sniffBytes), 0, sniffBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    // A card reader without a card.
    return Buffer.alloc(0);
  }
}

async function mountsAt(folder: string): Promise<number> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  return lines.filter((line) => line.split(' ')[1] === folder).length;
}
