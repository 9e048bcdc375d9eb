import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { boards } from '../../hw/boards/index.ts';
import {
  autobootText,
  bootFiles,
  cardFiles,
  commandLineText,
  configText,
  makeCard,
  missingFirmware,
  type RaspberryPiBoard,
} from '../../image/raspberry-pi.ts';

const board = (name: string): RaspberryPiBoard => {
  const found = boards[name]!;
  assert.ok(found.boot === 'raspberry-pi');
  return found;
};
const rpi4 = board('rpi4');
const rpi5 = board('rpi5');
const image = fileURLToPath(new URL('../../image', import.meta.url));

/** The settings that the firmware of a model sees: those of its own section and of `all`. */
function settings(text: string, sections: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  let counts = true;
  for (const line of text.trim().split('\n')) {
    const section = /^\[(\w+)\]$/.exec(line)?.[1];
    if (section !== undefined) counts = sections.includes(section);
    else if (counts) {
      const [, name, value] = /^(\w+)[= ](.+)$/.exec(line)!;
      found.set(name!, value!);
    }
  }
  return found;
}

test('the firmware starts one slot, and the other one once when it is told to try', () => {
  for (const [first, own, other] of [
    ['A', '2', '3'],
    ['B', '3', '2'],
  ] as const) {
    const text = autobootText(first);
    assert.ok(Buffer.byteLength(text) <= 512);
    assert.equal(settings(text, ['all']).get('boot_partition'), own);
    assert.equal(settings(text, ['all', 'tryboot']).get('boot_partition'), other);
    assert.equal(settings(text, ['all']).get('tryboot_a_b'), '1');
  }
});

test('each boot partition names its slot on one line, and the files that config.txt asks for are there', () => {
  const sources = { kernel: '/k', initramfs: '/i', deviceTree: '/d', firmware: '/f' };
  for (const one of [rpi4, rpi5])
    for (const slot of ['A', 'B'] as const) {
      const line = commandLineText(one, slot);
      assert.equal(line.split('\n').length, 2);
      assert.match(line, new RegExp(`\\bbox\\.slot=${slot}\\b`));
      assert.match(line, /\bpanic=10\b/);
      const paths = bootFiles(one, slot, sources).map(({ path }) => path);
      const asked = settings(configText(one), [one.raspberryPi.model, 'all']);
      assert.equal(asked.get('arm_64bit'), '1');
      for (const path of [asked.get('kernel')!, asked.get('device_tree')!, asked.get('initramfs')!.split(' ')[0]!])
        assert.ok(paths.includes(path), path);
      assert.equal(new Set(paths).size, paths.length);
    }
  assert.equal(settings(configText(rpi4), ['pi4', 'all']).get('os_check'), '0');
  assert.equal(settings(configText(rpi5), ['pi5', 'all']).get('os_check'), undefined);
  assert.equal(settings(configText(rpi4), ['pi5', 'all']).size, 0);
});

test('the three boot partitions of a card differ in what they must', () => {
  const files = cardFiles(rpi4, { kernel: '/k', initramfs: '/i', deviceTree: '/d', firmware: '/f' });
  const paths = files.map(({ path }) => path);
  assert.deepEqual(
    paths.filter((path) => path.startsWith('esp/')),
    ['esp/autoboot.txt'],
  );
  const of = (slot: string): string[] =>
    paths.filter((path) => path.startsWith(`boot-${slot}/`)).map((path) => path.slice(7));
  assert.deepEqual(of('A'), of('B'));
  assert.ok(of('A').includes('start4.elf'));
});

test('missing firmware is named', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'caselli-pi-'));
  context.after(() => rmSync(folder, { recursive: true }));
  await writeFile(join(folder, 'start4.elf'), '');
  assert.deepEqual(await missingFirmware(rpi4, folder), ['fixup4.dat', 'overlays']);
  assert.deepEqual(await missingFirmware(rpi5, folder), ['kernel_2712.img', 'bcm2712-rpi-5-b.dtb', 'overlays']);
  assert.deepEqual(await missingFirmware(rpi4, join(folder, 'none')), ['start4.elf', 'fixup4.dat', 'overlays']);
});

/** The old partition table: type, first sector and length of its four entries. */
function oldTable(disk: Buffer): { type: number; start: number; sectors: number }[] {
  return [0, 1, 2, 3].map((index) => {
    const entry = disk.subarray(446 + 16 * index, 462 + 16 * index);
    return { type: entry[4]!, start: entry.readUInt32LE(8), sectors: entry.readUInt32LE(12) };
  });
}

/** The new one: name, first and last sector. */
function newTable(disk: Buffer): { name: string; start: number; end: number }[] {
  assert.equal(disk.toString('latin1', 512, 520), 'EFI PART');
  const first = Number(disk.readBigUInt64LE(512 + 72)) * 512;
  const size = disk.readUInt32LE(512 + 84);
  return Array.from({ length: disk.readUInt32LE(512 + 80) }, (_, index) => {
    const entry = disk.subarray(first + index * size, first + (index + 1) * size);
    const [start, end] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))];
    return { name: entry.toString('utf16le', 56, 128).replace(/\0+$/, ''), start, end };
  }).filter(({ start }) => start > 0);
}

test('the card: both tables name the boot partitions by the same numbers, slots and data follow', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'caselli-pi-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const firmware = join(folder, 'firmware');
  await mkdir(join(firmware, 'overlays'), { recursive: true });
  for (const name of ['start4.elf', 'fixup4.dat', 'overlays/one.dtbo']) await writeFile(join(firmware, name), name);
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const data = await file('data.img', '');
  await truncate(data, 64 * 1024 * 1024);
  const boot = {
    kernel: await file('kernel', 'the kernel'),
    initramfs: await file('initramfs', 'the initramfs'),
    deviceTree: await file('tree', 'the device tree'),
    firmware,
  };
  const squashfs = await file('squashfs', 'the system');
  for (const round of ['one', 'two']) {
    const out = join(folder, `${round}.img`);
    const work = join(folder, round);
    await makeCard({ board: rpi4, boot, squashfs, data, sources: image, work, out, epoch: 1_700_000_000 });
  }
  const disk = readFileSync(join(folder, 'one.img'));
  assert.equal(disk.compare(readFileSync(join(folder, 'two.img'))), 0, 'the same octets when built twice');
  const partitions = newTable(disk);
  assert.deepEqual(
    partitions.map(({ name }) => name),
    ['esp', 'boot-A', 'boot-B', 'slot-A', 'slot-B', 'data'],
  );
  const old = oldTable(disk);
  assert.deepEqual(
    old.slice(0, 3),
    partitions.slice(0, 3).map(({ start, end }) => ({ type: 0x0c, start, sectors: end - start + 1 })),
  );
  assert.equal(old[3]!.type, 0xee, 'the guard comes last');
  for (const slot of ['slot-A', 'slot-B']) {
    const { start, end } = partitions.find(({ name }) => name === slot)!;
    assert.equal(disk.toString('latin1', start * 512, start * 512 + 10), 'the system');
    assert.equal((end - start + 1) * 512, 256 * 1024 * 1024);
  }
  const read = (partition: number, path: string): string => {
    const place = `${join(folder, 'one.img')}@@${partitions[partition - 1]!.start * 512}`;
    const { stdout, stderr, status } = spawnSync('mtype', ['-i', place, `::/${path}`], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  assert.equal(read(1, 'autoboot.txt'), autobootText('A'));
  assert.equal(read(2, 'cmdline.txt'), commandLineText(rpi4, 'A'));
  assert.equal(read(3, 'cmdline.txt'), commandLineText(rpi4, 'B'));
  assert.equal(read(3, 'vmlinuz'), 'the kernel');
  assert.equal(read(2, 'overlays/one.dtbo'), 'overlays/one.dtbo');
});
