import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Board } from '../hw/boards/board.ts';
import type { DebianPackage } from './debian.ts';
import { makeIndex } from './kernel-modules.ts';
import { makeRoot, unpack } from './tree.ts';

/** A kernel before anything of it is chosen. */
export interface Kernel {
  readonly version: string;
  /** A tree with all its modules, indexed. */
  readonly tree: string;
  readonly image: string;
  /** Absent where the machine describes itself. */
  readonly deviceTree: string | undefined;
}

/** Whether a package is a kernel: it is unpacked by itself, since most of it is left out. */
export const isKernelPackage = ({ name }: DebianPackage): boolean => name.startsWith('linux-image');

/**
 * The kernel of a board: Debian's, or the one among the boot files of a Raspberry Pi (`modules/VERSION` beside it).
 * @throws Error in words when there is none
 */
export async function bringKernel(
  board: Board,
  packages: readonly DebianPackage[],
  bootFiles: string | undefined,
  tree: string,
): Promise<Kernel> {
  await makeRoot(tree);
  const modules = join(tree, 'usr/lib/modules');
  const ofPi = board.boot === 'raspberry-pi' ? board.raspberryPi : undefined;
  if (ofPi && board.kernel === 'raspberry-pi') {
    await mkdir(modules, { recursive: true });
    await cp(join(bootFiles!, 'modules'), modules, { recursive: true }).catch(() => {
      throw new Error(
        `${board.title} needs its makers' kernel modules in the folder of --boot-files: modules/VERSION/`,
      );
    });
  } else {
    await unpack(tree, packages.filter(isKernelPackage));
  }
  const [version] = await readdir(modules);
  if (version === undefined) throw new Error('there is no kernel among the packages');
  await makeIndex(tree, version);
  if (ofPi && board.kernel === 'raspberry-pi') {
    const image = join(bootFiles!, ofPi.kernelFile ?? 'kernel8.img');
    return { version, tree, image, deviceTree: join(bootFiles!, ofPi.deviceTree) };
  }
  const deviceTree = ofPi && join(tree, `usr/lib/linux-image-${version}/broadcom`, ofPi.deviceTree);
  return { version, tree, image: join(tree, `boot/vmlinuz-${version}`), deviceTree };
}
