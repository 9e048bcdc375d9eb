import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { sniffBytes, sniffFileSystem } from './file-system.ts';

test('file systems made by their own programs are told apart, with their labels', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-stick-'));
  context.after(() => rm(folder, { recursive: true }));
  const made = async (name: string, sizeMb: number, program: string, ...args: string[]) => {
    const file = join(folder, name);
    const handle = await open(file, 'w');
    await handle.truncate(sizeMb * 1024 * 1024);
    await handle.close();
    const { status, stderr } = spawnSync(program, [...args, file], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return sniffFileSystem((await readFile(file)).subarray(0, sniffBytes));
  };
  assert.deepEqual(await made('fat32', 40, '/sbin/mkfs.vfat', '-F', '32', '-n', 'BACKUP'), {
    kind: 'vfat',
    label: 'BACKUP',
  });
  assert.deepEqual(await made('fat16', 20, '/sbin/mkfs.vfat', '-F', '16'), { kind: 'vfat', label: '' });
  assert.deepEqual(await made('ext4', 8, '/sbin/mke2fs', '-q', '-F', '-t', 'ext4', '-L', 'office'), {
    kind: 'ext4',
    label: 'office',
  });
});

test('whatever stands on a stick is read without an error, and its label moves no cursor', () => {
  const boot = fc.uint8Array({ minLength: 600, maxLength: 1200 }).map((octets) => {
    const sector = Buffer.from(octets);
    sector.write('FAT32', 82, 'latin1');
    sector.writeUInt16LE(0xaa55, 510);
    return sector;
  });
  fc.assert(
    fc.property(
      fc.oneof(
        boot,
        fc.uint8Array({ maxLength: 2000 }).map((octets) => Buffer.from(octets)),
      ),
      (octets) => {
        assert.doesNotMatch(sniffFileSystem(octets).label, /[\u0000-\u001f\u007f-\u009f]/);
      },
    ),
  );
});
