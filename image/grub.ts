import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const common = [
  'part_gpt',
  'fat',
  'squash4',
  'gzio',
  'xzio',
  'lzopio',
  'normal',
  'loadenv',
  'linux',
  'test',
  'echo',
  'configfile',
  'search',
  'search_label',
  'regexp',
  'serial',
  'terminal',
  'ls',
  'cat',
  'sleep',
  'reboot',
  'halt',
  'true',
]; // prettier-ignore

/** Sector at which `core.img` stands on the disk: the partition `bios` of genimage.cfg. */
const coreSector = 2048;

export interface BootFiles {
  /** 440 bytes and what follows, for the first sector. */
  readonly bootCode: Uint8Array;
  /** For the partition `bios`. */
  readonly core: Uint8Array;
  /** `EFI/BOOT/BOOTX64.EFI`. */
  readonly efi: Uint8Array;
}

/**
 * GRUB for BIOS and UEFI, made by grub-mkimage. What grub-install would write into the two images, the sectors of one
 * another, is patched in: 8 bytes at 0x5C of `boot.img` say where `core.img` begins, those at 0x1F4 of `core.img` where
 * its second sector is.
 * @param work folder for temporary files
 */
export async function makeGrub(earlyScript: string, work: string): Promise<BootFiles> {
  await mkdir(work, { recursive: true });
  const make = async (format: string, modules: readonly string[]): Promise<Buffer> => {
    const out = join(work, format);
    await run('grub-mkimage', ['-O', format, '-p', '/grub', '-c', earlyScript, '-o', out, ...common, ...modules]);
    return readFile(out);
  };
  const core = await make('i386-pc', ['biosdisk']);
  const bootCode = await readFile('/usr/lib/grub/i386-pc/boot.img');
  bootCode.writeBigUInt64LE(BigInt(coreSector), 0x5c);
  core.writeBigUInt64LE(BigInt(coreSector + 1), 0x1f4);
  if (core.length > 1024 * 1024) throw new Error(`GRUB's core of ${core.length} bytes does not fit its partition`);
  const efi = await make('x86_64-efi', ['efi_gop', 'efi_uga', 'all_video']);
  return { bootCode: bootCode.subarray(0, 440), core, efi };
}

/** An environment block of GRUB that holds nothing: every variable has its default (grub.cfg). */
export async function emptyEnvironment(file: string): Promise<void> {
  const head = '# GRUB Environment Block\n';
  await writeFile(file, head + '#'.repeat(1024 - head.length));
}
