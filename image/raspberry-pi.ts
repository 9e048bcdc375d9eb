import { cp, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Board } from '../hw/boards/board.ts';
import type { Slot } from '../src/system/box.ts';
import { run } from './run.ts';

/**
 * The card of a Raspberry Pi 4 or 5: no GRUB, the firmware itself chooses between two boot partitions (`autoboot.txt` with
 * `tryboot_a_b`, as the makers' documentation describes it). Each has the firmware's files, kernel, initramfs and a kernel
 * line that names its slot. The structure is tested, a machine was never started with it.
 */
export type RaspberryPiBoard = Extract<Board, { readonly boot: 'raspberry-pi' }>;

/** A file of a boot partition: its own text, or a file or folder to copy. */
export type BootFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly from: string };

/** Where the files of one boot partition come from. */
export interface BootSources {
  readonly kernel: string;
  readonly initramfs: string;
  readonly deviceTree: string;
  /** The makers' `boot` folder. */
  readonly firmware: string;
}

/** Numbers of the partitions in genimage-raspberry-pi.cfg. */
const bootPartition: Readonly<Record<Slot, number>> = { A: 2, B: 3 };

const other = (slot: Slot): Slot => (slot === 'A' ? 'B' : 'A');

/**
 * `autoboot.txt`, at most 512 bytes: which slot starts, and which one after `reboot "0 tryboot"`, once. Confirming the
 * other slot is writing this file anew.
 */
export function autobootText(first: Slot): string {
  const lines = ['[all]', 'tryboot_a_b=1', `boot_partition=${bootPartition[first]}`, '[tryboot]'];
  return `${[...lines, `boot_partition=${bootPartition[other(first)]}`].join('\n')}\n`;
}

/** `config.txt`, the same in both slots. */
export function configText({ raspberryPi, kernel }: RaspberryPiBoard): string {
  const { model, deviceTree, config } = raspberryPi;
  const lines = ['arm_64bit=1', 'kernel=vmlinuz', 'initramfs initrd followkernel', `device_tree=${deviceTree}`];
  // The firmware looks for a mark in the kernel that says that it was made for it; Debian's has none.
  if (kernel === 'debian') lines.push('os_check=0');
  return `${[`[${model}]`, ...lines, 'disable_splash=1', ...config, '[all]'].join('\n')}\n`;
}

/** `cmdline.txt`: one line, as GRUB's script would give it. */
export function commandLineText(board: RaspberryPiBoard, slot: Slot): string {
  const words = [`box.slot=${slot}`, 'panic=10', 'quiet', ...board.console, ...board.kernelArguments];
  return `${words.join(' ')}\n`;
}

/** All files of one boot partition. */
export function bootFiles(board: RaspberryPiBoard, slot: Slot, sources: BootSources): BootFile[] {
  const { deviceTree, firmwareFiles, firmwareFolders } = board.raspberryPi;
  return [
    { path: 'config.txt', text: configText(board) },
    { path: 'cmdline.txt', text: commandLineText(board, slot) },
    { path: 'vmlinuz', from: sources.kernel },
    { path: 'initrd', from: sources.initramfs },
    { path: deviceTree, from: sources.deviceTree },
    ...[...firmwareFiles, ...firmwareFolders].map((path) => ({ path, from: join(sources.firmware, path) })),
  ];
}

/** All files of the card's three boot partitions, below the names of the partitions. */
export function cardFiles(board: RaspberryPiBoard, sources: BootSources): BootFile[] {
  const below = (slot: Slot): BootFile[] =>
    bootFiles(board, slot, sources).map((file) => ({ ...file, path: `boot-${slot}/${file.path}` }));
  return [{ path: 'esp/autoboot.txt', text: autobootText('A') }, ...below('A'), ...below('B')];
}

/** What of the firmware is missing in its folder; words for the person who builds. */
export async function missingFirmware({ raspberryPi, kernel }: RaspberryPiBoard, folder: string): Promise<string[]> {
  const present = new Set(await readdir(folder).catch(() => []));
  const kernelFile = kernel === 'raspberry-pi' ? [raspberryPi.kernelFile, raspberryPi.deviceTree] : [];
  const wanted = [...raspberryPi.firmwareFiles, ...kernelFile, ...raspberryPi.firmwareFolders];
  return wanted.filter((name): name is string => name !== undefined && !present.has(name));
}

export interface CardParts {
  readonly board: RaspberryPiBoard;
  readonly boot: BootSources;
  /** Written to both slots. */
  readonly squashfs: string;
  /** File system of the data partition. */
  readonly data: string;
  /** image/ of the sources. */
  readonly sources: string;
  /** Empty folder for what is made on the way, on the same file system as `out`. */
  readonly work: string;
  readonly out: string;
  readonly epoch: number;
}

/** @throws Error in words when the folder with the firmware lacks something */
export async function makeCard({ board, boot, squashfs, data, sources, work, out, epoch }: CardParts): Promise<void> {
  const missing = await missingFirmware(board, boot.firmware);
  if (missing.length > 0) {
    const names = missing.join(', ');
    throw new Error(`${board.title} needs its makers' firmware (--firmware FOLDER); missing there: ${names}`);
  }
  const root = join(work, 'root');
  const input = join(work, 'input');
  for (const folder of [root, input]) await mkdir(folder, { recursive: true });
  for (const file of cardFiles(board, boot)) await place(join(root, file.path), file);
  await run('find', [root, '-exec', 'touch', '-h', '-d', `@${epoch}`, '{}', '+']);
  await cp(squashfs, join(input, 'slot.squashfs'));
  await cp(data, join(input, 'data.img'));
  const folders = ['--rootpath', root, '--tmppath', join(work, 'tmp'), '--inputpath', input];
  const config = join(sources, 'genimage-raspberry-pi.cfg');
  await run('genimage', ['--config', config, ...folders, '--outputpath', join(work, 'output')], {
    env: { SOURCE_DATE_EPOCH: String(epoch), MTOOLS_SKIP_CHECK: '1', TZ: 'UTC' },
  });
  await rename(join(work, 'output/disk.img'), out);
}

async function place(target: string, file: BootFile): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  if ('text' in file) await writeFile(target, file.text);
  else await cp(file.from, target, { recursive: (await stat(file.from)).isDirectory() });
}
