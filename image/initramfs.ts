import { chmod, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { cpio } from './cpio.ts';
import { copyModules } from './kernel-modules.ts';

export interface InitramfsParts {
  /** Tree with all modules of the kernel package. */
  readonly kernelTree: string;
  readonly kernelVersion: string;
  /** Drivers of disks: those that this machine has a use for are loaded. */
  readonly modules: readonly string[];
  /** File systems: nothing plugged in asks for them. */
  readonly always: readonly string[];
  readonly busybox: string;
  /** `image/initramfs/init`. */
  readonly init: string;
  readonly work: string;
}

/** What the kernel starts with: busybox, the drivers of disks, and `init`. @returns the compressed archive */
export async function makeInitramfs(parts: InitramfsParts): Promise<Buffer> {
  const { work, modules, always } = parts;
  await rm(work, { recursive: true, force: true });
  for (const folder of ['bin', 'etc', 'usr/lib', 'new']) await mkdir(join(work, folder), { recursive: true });
  await symlink('usr/lib', join(work, 'lib'));
  await symlink('bin', join(work, 'sbin'));
  await cp(parts.busybox, join(work, 'bin/busybox'));
  await symlink('busybox', join(work, 'bin/sh'));
  await cp(parts.init, join(work, 'init'));
  for (const program of ['bin/busybox', 'init']) await chmod(join(work, program), 0o755);
  await copyModules(parts.kernelTree, work, parts.kernelVersion, [...modules, ...always]);
  await writeFile(join(work, 'etc/modules'), `${always.join('\n')}\n`);
  return promisify(gzip)(await cpio(work), { level: 9 });
}
