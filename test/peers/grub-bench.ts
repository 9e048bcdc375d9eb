import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Slot } from '../../src/system/box.ts';
import { runProgram } from '../support/run-program.ts';

/**
 * A disk as the image build makes it, small, and GRUB as a program (grub-emu) that runs our `grub.cfg` on it: the real
 * script language, file systems and environment block. Only the two commands that load a kernel are stand-ins, which
 * say what was asked for.
 */
const script = fileURLToPath(new URL('../../image/grub/grub.cfg', import.meta.url));

const prelude = (unloadable: readonly Slot[]): string => `set disk=hd0
export disk
set prefix=(hd0,gpt2)/grub
function linux { echo LINUX; for word in $@; do echo "= $word"; done; ${unloadable.map(refuse).join(' ')} }
function initrd { echo "INITRD $@"; exit; }
configfile $prefix/grub.cfg
`;

const refuse = (slot: Slot): string =>
  `if [ "$1" = (hd0,gpt${slot === 'A' ? 3 : 4})/boot/vmlinuz ]; then return 1; fi;`;

/** Contents of the two environment files are found on the disk by what they begin with. */
const marks = { grubenv: '# GRUB Environment Block\n#1\n', spare: '# GRUB Environment Block\n#2\n' };

export interface GrubStart {
  /** Words for the kernel; undefined when GRUB gave up and would start the machine again. */
  readonly kernel: string | undefined;
  /** Everything on the screen. */
  readonly screen: string;
}

/** Offsets on the disk. */
type Places = Readonly<Record<'grubenv' | 'spare' | Slot, number>>;

export class GrubBench {
  readonly #folder: string;
  readonly #at: Places;
  readonly #system: Buffer;

  private constructor(folder: string, at: Places, system: Buffer) {
    this.#folder = folder;
    this.#at = at;
    this.#system = system;
  }

  static async make(context: TestContext, boardScript: string): Promise<GrubBench> {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-grub-'));
    context.after(() => rm(folder, { recursive: true }));
    for (const one of ['esp/grub', 'tree/boot', 'root', 'input', 'emu'])
      await mkdir(join(folder, one), { recursive: true });
    const environment = (mark: string): string => mark.padEnd(1024, '#');
    await writeFile(join(folder, 'esp/grub/grub.cfg'), (await readFile(script, 'utf8')).replace('\nsleep 5\n', '\n'));
    await writeFile(join(folder, 'esp/grub/board.cfg'), boardScript);
    await writeFile(join(folder, 'esp/grub/grubenv'), environment(marks.grubenv));
    await writeFile(join(folder, 'esp/grub/grubenv.spare'), environment(marks.spare));
    await writeFile(join(folder, 'tree/boot/vmlinuz'), 'a kernel');
    await writeFile(join(folder, 'tree/boot/initrd'), 'an initramfs');
    await program('mksquashfs', [join(folder, 'tree'), join(folder, 'input/slot.squashfs'), '-quiet', '-no-progress']);
    const esp = join(folder, 'input/esp.img');
    await writeFile(esp, Buffer.alloc(2 * 1024 * 1024));
    await program('mkfs.vfat', ['-n', 'CASELLI', esp]);
    await program('mcopy', ['-i', esp, '-s', join(folder, 'esp/grub'), '::/']);
    await writeFile(join(folder, 'genimage.cfg'), layout);
    await program('genimage', [
      ...['--config', join(folder, 'genimage.cfg'), '--rootpath', join(folder, 'root')],
      ...['--tmppath', join(folder, 'tmp'), '--inputpath', join(folder, 'input'), '--outputpath', folder],
    ]);
    await writeFile(join(folder, 'device.map'), `(hd0) ${join(folder, 'disk.img')}\n`);
    const disk = await readFile(join(folder, 'disk.img'));
    const system = await readFile(join(folder, 'input/slot.squashfs'));
    const first = disk.indexOf(system);
    const at = {
      grubenv: disk.indexOf(marks.grubenv),
      spare: disk.indexOf(marks.spare),
      A: first,
      B: disk.indexOf(system, first + 1),
    };
    for (const place of Object.values(at)) assert.equal(place > 0 && place % 512, 0);
    return new GrubBench(folder, at, system);
  }

  /** Writes 1024 octets over one of the two environment files. */
  async setEnvironment(which: 'grubenv' | 'spare', block: Uint8Array): Promise<void> {
    assert.equal(block.length, 1024);
    await this.#write(this.#at[which], block);
  }

  async environment(which: 'grubenv' | 'spare'): Promise<Buffer> {
    const disk = await open(join(this.#folder, 'disk.img'));
    try {
      return (await disk.read(Buffer.alloc(1024), 0, 1024, this.#at[which])).buffer;
    } finally {
      await disk.close();
    }
  }

  /** A slot with its system, or with its first sectors zeroed. */
  async setSlot(slot: Slot, whole: boolean): Promise<void> {
    await this.#write(this.#at[slot], whole ? this.#system : Buffer.alloc(this.#system.length));
  }

  /** @param unloadable slots whose kernel can be opened, but not loaded */
  async start(unloadable: readonly Slot[] = []): Promise<GrubStart> {
    await writeFile(join(this.#folder, 'emu/grub.cfg'), prelude(unloadable));
    const { stdout } = await runProgram(
      'script',
      ['-qec', `grub-emu -d ${join(this.#folder, 'emu')} -m ${join(this.#folder, 'device.map')}`, '/dev/null'],
      { env: { TERM: 'vt100' } },
    );
    const screen = stdout.toString('latin1').replaceAll(/\x1b\[[0-9;]*[A-Za-z]|\r/g, '');
    const loaded = /LINUX\n((?:= .*\n)+)INITRD/.exec(screen)?.[1];
    return { kernel: loaded?.replaceAll(/= (.*)\n/g, ' $1').trim(), screen };
  }

  async #write(at: number, bytes: Uint8Array): Promise<void> {
    const disk = await open(join(this.#folder, 'disk.img'), 'r+');
    try {
      await disk.write(bytes, 0, bytes.length, at);
    } finally {
      await disk.close();
    }
  }
}

const layout = `image disk.img {
  hdimage { partition-table-type = "gpt" }
  partition bios { size = 64K }
  partition esp { partition-type-uuid = "U"
    image = "esp.img" }
  partition slot-A { image = "slot.squashfs"
    size = 64K }
  partition slot-B { image = "slot.squashfs"
    size = 64K }
}
`;

async function program(name: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(name, args);
  assert.equal(code, 0, `${name}: ${stderr}`);
}
