import { cp, mkdir, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Board } from '../hw/boards/board.ts';
import { emptyEnvironment, makeGrub } from './grub.ts';
import { run } from './run.ts';

const MiB = 1024 * 1024;
/** Of genimage.cfg. */
export const slotBytes = 256 * MiB;
const espBytes = 48 * MiB;
const dataBytes = 64 * MiB;
/** Names of file systems that never change: two builds are the same bytes. */
const dataUuid = 'ca5e1110-0000-4000-8000-64617461ca5e';
const espVolume = 'ca5e1118';

/** A squashfs of a tree, owned by root; gzip, as GRUB reads no other kind. @returns its size in bytes */
export async function makeSquashfs(
  tree: string,
  out: string,
  compressionLevel: number,
  epoch: number,
): Promise<number> {
  await rm(out, { force: true });
  const options = [
    '-noappend',
    '-all-root',
    '-no-xattrs',
    '-comp',
    'gzip',
    '-b',
    '131072',
    '-quiet',
    '-no-progress',
    '-Xcompression-level',
    String(compressionLevel),
    // Kernel and initramfs are packed already; unpacking them a second time costs GRUB seconds.
    '-action',
    'uncompressed@subpathname(boot)',
  ];
  await run('mksquashfs', [tree, out, ...options], { env: { SOURCE_DATE_EPOCH: String(epoch) } });
  const { size } = await stat(out);
  if (size > slotBytes) throw new Error(`the system of ${size} bytes does not fit a slot of ${slotBytes}`);
  return size;
}

/** The boot partition: GRUB for UEFI, its scripts, an empty environment. */
async function makeEsp(folder: string, out: string, epoch: number): Promise<void> {
  await writeFile(out, '');
  await truncate(out, espBytes);
  await run('mkfs.vfat', ['--invariant', '-i', espVolume, '-n', 'CASELLI', '-F', '32', '-s', '1', out]);
  const names = await readdir(folder);
  const env = { SOURCE_DATE_EPOCH: String(epoch), MTOOLS_SKIP_CHECK: '1', TZ: 'UTC' };
  await run('mcopy', ['-i', out, '-s', '-o', '-m', ...names.toSorted().map((name) => join(folder, name)), '::/'], {
    env,
  });
}

/** The file system of the data partition, empty; the box grows it at its first start. */
export async function makeData(out: string, epoch: number): Promise<void> {
  await writeFile(out, '');
  await truncate(out, dataBytes);
  const settled = `hash_seed=${dataUuid},lazy_itable_init=0,lazy_journal_init=0,root_owner=900:900`;
  // The journal and inode tables suit the size that the disk will have, not the 64 MiB of the image.
  const options = [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-L',
    'data',
    '-m',
    '1',
    '-b',
    '4096',
    '-U',
    dataUuid,
    '-E',
    `${settled},resize=1073741824`,
    '-J',
    'size=16',
    '-i',
    '16384',
  ];
  await run('mke2fs', [...options, out], {
    env: { E2FSPROGS_FAKE_TIME: String(epoch), SOURCE_DATE_EPOCH: String(epoch) },
  });
}

export interface DiskParts {
  readonly board: Board;
  /** The system's squashfs, written to both slots. */
  readonly squashfs: string;
  /** image/ of the sources. */
  readonly sources: string;
  /** Empty folder for what is made on the way. */
  readonly work: string;
  readonly out: string;
  readonly epoch: number;
}

/** A disk image with GPT; that of a board with GRUB starts by BIOS and by UEFI. */
export async function makeDisk({ board, squashfs, sources, work, out, epoch }: DiskParts): Promise<void> {
  const input = join(work, 'input');
  const esp = join(work, 'esp');
  for (const folder of [input, join(esp, 'EFI/BOOT'), join(esp, 'grub'), join(work, 'root')])
    await mkdir(folder, { recursive: true });
  if (board.boot === 'grub') {
    const grub = await makeGrub(join(sources, 'grub/early.cfg'), join(work, 'grub'));
    await writeFile(join(esp, 'EFI/BOOT/BOOTX64.EFI'), grub.efi);
    await cp(join(sources, 'grub/grub.cfg'), join(esp, 'grub/grub.cfg'));
    await writeFile(join(esp, 'grub/board.cfg'), boardScript(board));
    await writeFile(join(input, 'boot.img'), grub.bootCode);
    await writeFile(join(input, 'core.img'), grub.core);
  } else {
    // The kernel is given by the emulator: nothing on the disk is started.
    for (const name of ['boot.img', 'core.img']) await writeFile(join(input, name), Buffer.alloc(440));
  }
  for (const name of ['grubenv', 'grubenv.spare']) await emptyEnvironment(join(esp, 'grub', name));
  await run('find', [esp, '-exec', 'touch', '-h', '-d', `@${epoch}`, '{}', '+']);
  await makeEsp(esp, join(input, 'esp.img'), epoch);
  await makeData(join(input, 'data.img'), epoch);
  await cp(squashfs, join(input, 'slot.squashfs'));
  await run('genimage', [
    '--config',
    join(sources, 'genimage.cfg'),
    '--rootpath',
    join(work, 'root'),
    '--tmppath',
    join(work, 'tmp'),
    '--inputpath',
    input,
    '--outputpath',
    join(work, 'output'),
  ]); // prettier-ignore
  await cp(join(work, 'output/disk.img'), out);
}

/** What the board adds to the kernel's words. */
export function boardScript(board: Board): string {
  return `set board_console="${board.console.join(' ')}"\nset board_arguments="${board.kernelArguments.join(' ')}"\n`;
}
