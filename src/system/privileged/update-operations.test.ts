import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { Slot } from '../box.ts';
import { readBootEnvironment } from '../slots/boot-environment.ts';
import { type BootState, choose, freshBootState, variablesOf } from '../slots/boot-state.ts';
import { formatGrubenv } from '../slots/grubenv.ts';
import { MemoryDisk, PowerCut } from '../slots/memory-disk.ts';
import { openRaw } from '../slots/raw-file.ts';
import { blockBytes, type Manifest } from '../update/bundle-format.ts';
import { inPieces, testBundle, testKeys, testSystem } from '../update/test-bundle.ts';
import type { PrivilegedError } from './operations.ts';
import type { SlotPlaces } from './slot-places.ts';
import { slotsOperations } from './slots-operations.ts';
import { updateOperations } from './update-operations.ts';

const slotBytes = 4 * blockBytes;
const paths = { grubenv: '/esp/grub/grubenv', spare: '/esp/grub/grubenv.spare', A: '/slot-A', B: '/slot-B' };
const former = testSystem(2 * blockBytes + 7000, 1);
const older = testSystem(blockBytes + 900, 2);
const next = testSystem(3 * blockBytes + 100, 3);

let keys: string;
before(async () => {
  keys = await mkdtemp(join(tmpdir(), 'caselli-keys-'));
  await writeFile(join(keys, 'test.pem'), testKeys.publicKey.export({ type: 'spki', format: 'pem' }));
});
after(() => rm(keys, { recursive: true }));

/** A confirmed box that runs 1.3.0 from slot A; in slot B is what was there before. */
function makeDisk(state: BootState = freshBootState, isKept?: () => boolean): MemoryDisk {
  const block = formatGrubenv(variablesOf(state));
  const slot = (system: Uint8Array): Buffer => Buffer.concat([system], slotBytes);
  const parts = { [paths.grubenv]: block, [paths.spare]: block, [paths.A]: slot(former), [paths.B]: slot(older) };
  return new MemoryDisk(parts, isKept);
}

function placesOf(disk: MemoryDisk, change: Partial<SlotPlaces> = {}): SlotPlaces {
  return {
    box: { board: 'qemu-x86_64', version: '1.3.0', slot: 'A' },
    keys,
    withEsp: (work) => work('/esp'),
    slotPath: async (slot) => paths[slot],
    open: disk.open,
    readVersion: async () => '',
    dropCaches: async () => {},
    lock: async () => () => {},
    ...change,
  };
}

const output = async (): Promise<void> => {};

function install(disk: MemoryDisk, octets: Uint8Array, allowDowngrade = false, change: Partial<SlotPlaces> = {}) {
  const input = inPieces(octets);
  return updateOperations(placesOf(disk, change))['update.install']({ allowDowngrade }, { input, output });
}

const stateOf = async (disk: MemoryDisk) => (await readBootEnvironment('/esp', disk.open)).state;

/** What GRUB would start now. */
async function started(disk: MemoryDisk): Promise<{ slot: Slot; system: Buffer } | undefined> {
  const hasKernel = (slot: Slot): boolean => disk.content(paths[slot]).toString('latin1', 0, 4) === 'hsqs';
  const slot = choose(await stateOf(disk), hasKernel)?.slot;
  return slot && { slot, system: disk.content(paths[slot]) };
}

const holds = (slot: Buffer, system: Buffer): boolean => slot.subarray(0, system.length).equals(system);

test('an update is written to the other slot, which starts next', async () => {
  const disk = makeDisk();
  assert.deepEqual(await install(disk, testBundle(next)), { version: '1.4.0', slot: 'B' });
  assert.ok(holds(disk.content(paths.B), next));
  assert.ok(holds(disk.content(paths.A), former));
  assert.deepEqual(await stateOf(disk), {
    order: ['B', 'A'],
    slots: { A: { ok: true, tries: 0 }, B: { ok: true, tries: 0 } },
  });
});

test('what may not be installed is refused in a sentence, and nothing is touched', async () => {
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const wrong: readonly [string, Uint8Array, RegExp][] = [
    ['no bundle', Buffer.from('#!/bin/sh\n'), /no Caselli update/],
    ['signature', testBundle(next, {}, stranger), /not signed by anybody this box trusts/],
    ['board', testBundle(next, { board: 'rpi5' }), /for the board rpi5, and this box is a qemu-x86_64/],
    ['older', testBundle(next, { version: '1.2.9' }), /1\.2\.9 is older than 1\.3\.0/],
    ['same', testBundle(next, { version: '1.3.0' }), /1\.3\.0 is running already/],
    ['too new', testBundle(next, { version: '2.0.0', minimumVersion: '1.9.0' }), /needs version 1\.9\.0 or newer/],
    ['too large', testBundle(testSystem(slotBytes + 1, 4)), /does not fit this box/],
  ];
  for (const [name, octets, sentence] of wrong) {
    const disk = makeDisk();
    await assert.rejects(install(disk, octets), (error: PrivilegedError) => {
      assert.equal(error.kind, 'refused', name);
      assert.match(error.message, sentence);
      return true;
    });
    assert.equal(disk.steps, 0, name);
  }
});

test('an older version is installed when that is asked for', async () => {
  const disk = makeDisk();
  await install(disk, testBundle(next, { version: '1.2.9' } satisfies Partial<Manifest>), true);
  assert.ok(holds(disk.content(paths.B), next));
});

test('a system that is not confirmed keeps the one it came from', async () => {
  const state = { ...freshBootState, slots: { A: { ok: true, tries: 2 }, B: { ok: true, tries: 0 } } };
  const disk = makeDisk(state);
  await assert.rejects(install(disk, testBundle(next)), /has not been well for long enough/);
  assert.equal(disk.steps, 0);
});

test('a bundle that ends early or is damaged inside: the running system starts again, the half-written one cannot', async () => {
  const bundle = testBundle(next);
  const damaged = Buffer.from(bundle);
  damaged[damaged.length - 50]! ^= 4;
  for (const octets of [damaged, bundle.subarray(0, -1), bundle.subarray(0, bundle.length - 2 * blockBytes)]) {
    const disk = makeDisk();
    await assert.rejects(install(disk, octets), { kind: 'refused' });
    assert.equal((await started(disk))?.slot, 'A');
    assert.notEqual(disk.content(paths.B).toString('latin1', 0, 4), 'hsqs');
    assert.equal((await stateOf(disk)).slots.B.ok, false);
  }
});

test('a disk that does not give back what was written is noticed', async () => {
  const disk = makeDisk();
  const failing = install(disk, testBundle(next), false, {
    dropCaches: async () => {
      disk.content(paths.B)[2 * blockBytes]! ^= 1;
    },
  });
  await assert.rejects(failing, /does not give back what was written/);
  assert.equal((await started(disk))?.slot, 'A');
  assert.notEqual(disk.content(paths.B).toString('latin1', 0, 4), 'hsqs');
});

test('the power goes at any write or sync: a whole system starts, the former one until all is there', async () => {
  const whole = makeDisk();
  await install(whole, testBundle(next));
  for (const chance of [0, 0.5, 0.5, 0.5, 1]) {
    for (let cutAt = 1; cutAt <= whole.steps; cutAt++) {
      const disk = makeDisk(freshBootState, () => Math.random() < chance);
      disk.cutAt = cutAt;
      await assert.rejects(install(disk, testBundle(next)), PowerCut);
      const start = await started(disk);
      assert.ok(start, `cut at ${cutAt}`);
      assert.ok(holds(start.system, start.slot === 'A' ? former : next), `cut at ${cutAt}: ${start.slot}`);
      const all = cutAt > whole.steps - 4;
      if (!all) assert.equal(start.slot, 'A', `cut at ${cutAt}`);
      // Damage that comes on top makes nothing of a half-written slot.
      disk.content(paths.grubenv).fill(0);
      disk.content(paths.spare).fill(0);
      const damaged = await started(disk);
      assert.ok(damaged && holds(damaged.system, damaged.slot === 'A' ? former : damaged.system));
      if (!holds(disk.content(paths.B), next) && !holds(disk.content(paths.B), older))
        assert.notEqual(disk.content(paths.B).toString('latin1', 0, 4), 'hsqs', `cut at ${cutAt}`);
      disk.cutAt = Number.POSITIVE_INFINITY;
      await install(disk, testBundle(next));
      assert.ok(holds(disk.content(paths.B), next), 'it can be installed again');
    }
  }
});

test('power cuts during confirmation leave a boot state that starts a system', async () => {
  const state: BootState = { order: ['B', 'A'], slots: { A: { ok: true, tries: 1 }, B: { ok: true, tries: 3 } } };
  for (let cutAt = 1; cutAt <= 4; cutAt++) {
    const disk = makeDisk(state, () => Math.random() < 0.5);
    disk.cutAt = cutAt;
    await assert.rejects(confirm(disk), PowerCut);
    assert.equal((await started(disk))?.slot, 'A');
  }
});

function confirm(disk: MemoryDisk) {
  return slotsOperations(placesOf(disk))['slots.confirm']({}, { input: inPieces(Buffer.alloc(0)), output });
}

test('confirming clears the tries and comes first; it takes back no update that waits for the next start', async () => {
  const disk = makeDisk({ order: ['B', 'A'], slots: { A: { ok: true, tries: 2 }, B: { ok: true, tries: 3 } } });
  await confirm(disk);
  assert.deepEqual(await stateOf(disk), {
    order: ['A', 'B'],
    slots: { A: { ok: true, tries: 0 }, B: { ok: true, tries: 3 } },
  });
  await install(disk, testBundle(next));
  await confirm(disk);
  assert.equal((await started(disk))?.slot, 'B');
});

test('a damaged boot state is seen and written anew', async () => {
  const disk = makeDisk();
  disk.content(paths.grubenv).fill(0x55);
  const read = slotsOperations(placesOf(disk, { readVersion: async (slot) => (slot === 'A' ? '1.3.0' : '') }))[
    'slots.read'
  ];
  const streams = { input: inPieces(Buffer.alloc(0)), output };
  const slots = [
    { slot: 'A', version: '1.3.0', ok: true, tries: 0 },
    { slot: 'B', version: '', ok: true, tries: 0 },
  ];
  assert.deepEqual(await read({}, streams), { order: ['A', 'B'], slots, damaged: true });
  await confirm(disk);
  assert.deepEqual(await read({}, streams), { order: ['A', 'B'], slots, damaged: false });
});

test('the same on ordinary files; a boot partition without a spare gets one', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-slots-'));
  context.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'grub'));
  await writeFile(join(folder, 'grub/grubenv'), formatGrubenv(new Map()));
  for (const slot of ['A', 'B']) await writeFile(join(folder, slot), Buffer.alloc(slotBytes, slot));
  const change: Partial<SlotPlaces> = {
    withEsp: (work) => work(folder),
    slotPath: async (slot) => join(folder, slot),
    open: openRaw,
  };
  await install(makeDisk(), testBundle(next), false, change);
  assert.ok(holds(await readFile(join(folder, 'B')), next));
  const expected = formatGrubenv(variablesOf({ ...freshBootState, order: ['B', 'A'] }));
  for (const name of ['grubenv', 'grubenv.spare'])
    assert.deepEqual(await readFile(join(folder, 'grub', name)), Buffer.from(expected));
});

test('bundles of any size come out of the slot as they went in', async () => {
  const size = fc.constantFrom(4, 4096, blockBytes - 1, blockBytes, blockBytes + 1, slotBytes);
  const property = fc.asyncProperty(size, async (sizeBytes) => {
    const disk = makeDisk();
    const system = testSystem(sizeBytes, sizeBytes);
    await install(disk, testBundle(system));
    assert.ok(holds(disk.content(paths.B), system));
  });
  await fc.assert(property, { numRuns: 6 });
});
