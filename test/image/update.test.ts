import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Built, developmentKey } from '../../image/build.ts';
import { makeBundle } from '../../image/bundle.ts';
import { makeSquashfs } from '../../image/disk.ts';
import { run } from '../../image/run.ts';
import type { SlotsView, UpdateView } from '../../src/admin/update-admin.ts';
import { testKeys } from '../../src/system/update/test-bundle.ts';
import { builtImage, flashed, withKernelWords } from './built-image.ts';
import { Machine } from './machine.ts';

/**
 * Updates of a box in QEMU, from a USB stick: what is refused, one that never gets well, a good one, a slot that was
 * overwritten, a damaged boot state, and the plug pulled while an update is written.
 */

const readyMs = 240_000;
const updateMs = 300_000;
/** Three minutes of health, and what TCG takes. */
const confirmMs = 420_000;

/** Where the image build keeps the development key. */
const cache = fileURLToPath(new URL('../../build/cache', import.meta.url));

let built: Built;
let folder: string;
/** Bundles by name. */
const bundles: Record<string, string> = {};

before(async () => {
  built = await builtImage('qemu-x86_64');
  folder = await mkdtemp(join(tmpdir(), 'caselli-updates-'));
  await run('cp', ['-a', '--sparse=always', built.tree, join(folder, 'tree')]);
  const development = await readFile(await developmentKey(cache), 'utf8');
  const stranger = testKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const good = await variant('9.1.0', async () => {});
  const bad = await variant('9.0.0', async (tree) => {
    await rm(join(tree, 'usr/lib/caselli/main.js'));
    await writeFile(join(tree, 'usr/lib/caselli/main.js'), 'process.exit(1);\n');
  });
  await bundle('good', good, '9.1.0', development);
  await bundle('bad', bad, '9.0.0', development);
  await bundle('signature', good, '9.2.0', stranger);
  await bundle('board', good, '9.2.0', development, 'generic-x86_64');
  await bundle('older', good, '0.0.1', development);
  await run('cp', [bundles.good!, join(folder, 'truncated.cas')]);
  await truncate(join(folder, 'truncated.cas'), 60_000_000);
  bundles.truncated = join(folder, 'truncated.cas');
});

after(() => rm(folder, { recursive: true, force: true }));

/** The built system under another version, changed. */
async function variant(version: string, change: (tree: string) => Promise<void>): Promise<string> {
  const tree = join(folder, `tree-${version}`);
  await run('cp', ['-al', join(folder, 'tree'), tree]);
  const facts = join(tree, 'etc/caselli/image.json');
  const text = await readFile(facts, 'utf8');
  await rm(facts);
  await writeFile(facts, JSON.stringify({ ...JSON.parse(text), version }));
  await change(tree);
  const squashfs = join(folder, `${version}.squashfs`);
  await makeSquashfs(tree, squashfs, 1, built.epoch);
  await rm(tree, { recursive: true });
  return squashfs;
}

async function bundle(
  name: string,
  squashfs: string,
  version: string,
  key: string,
  board = 'qemu-x86_64',
): Promise<void> {
  const out = join(folder, `${name}.cas`);
  const builtAt = new Date(built.epoch * 1000).toISOString();
  await makeBundle({ squashfs, out, board, version, builtAt, key });
  bundles[name] = out;
}

/** Words of shell for the device of a partition. */
function device(partition: string): string {
  return `/dev/$(grep -lx PARTNAME=${partition} /sys/class/block/*/uevent | cut -d/ -f5)`;
}

/** A box with a stick in it, whose files are changed while it is not mounted. */
class UpdateMachine {
  readonly machine: Machine;
  readonly #stick: string;

  constructor(machine: Machine, stick: string) {
    this.machine = machine;
    this.#stick = stick;
  }

  static async make(context: Parameters<typeof Machine.make>[0]): Promise<UpdateMachine> {
    const stick = join(folder, `stick-${Math.random().toString(36).slice(2)}.img`);
    const machine = await Machine.make(context, {
      start: { by: 'bios' },
      devices: [
        ...['-device', 'usb-ehci,id=usb', '-drive', `file=${stick},if=none,id=stick,format=raw,cache=unsafe`],
        ...['-device', 'usb-storage,bus=usb.0,drive=stick'],
      ],
    });
    const debug = join(machine.folder, 'debug.img');
    await withKernelWords(built.disk, 'box.debug=hvc0', debug);
    await flashed(debug, machine.disk);
    const one = new UpdateMachine(machine, stick);
    await one.put('older');
    await machine.switchOn();
    await machine.ready(readyMs);
    await one.until('the system is confirmed', readyMs, (slots) => slots.slots[0]!.tries === 0);
    return one;
  }

  /** The stick holds this update and no other. */
  async put(name: string): Promise<void> {
    await writeFile(this.#stick, '');
    await truncate(this.#stick, 200_000_000);
    await run('mkfs.vfat', ['-n', 'UPDATE', this.#stick]);
    await run('mcopy', ['-i', this.#stick, bundles[name]!, '::/update.cas']);
  }

  caselli(...words: readonly string[]): Promise<string> {
    return this.machine.shell(`caselli ${words.join(' ')} --data /data 2>&1`, updateMs);
  }

  async slots(): Promise<SlotsView> {
    return JSON.parse(await this.caselli('system', 'slots', '--json')) as SlotsView;
  }

  async status(): Promise<UpdateView> {
    return JSON.parse(await this.caselli('system', 'update', 'status', '--json')) as UpdateView;
  }

  async until(what: string, withinMs: number, holds: (slots: SlotsView) => boolean): Promise<SlotsView> {
    return this.machine.until(what, withinMs, async () => {
      const slots = await this.slots();
      return holds(slots) && slots;
    });
  }

  /** As the watchdog does it. */
  async reset(): Promise<void> {
    await this.machine.monitor('system_reset');
  }

  /** Until a start has come as far as the given slot's system. */
  async startsFrom(slot: 'A' | 'B', after: string): Promise<void> {
    await this.machine.until(`slot ${slot} starts`, readyMs, async () => {
      const [id, words = ''] = (
        await this.machine.shell('cat /proc/sys/kernel/random/boot_id /proc/cmdline', 5000)
      ).split('\n');
      return id !== after && words.includes(`box.slot=${slot}`);
    });
  }

  async bootId(): Promise<string> {
    return this.machine.shell('cat /proc/sys/kernel/random/boot_id');
  }
}

test('updates: refused, rolled back, good, slot overwritten, boot state damaged', async (context) => {
  const box = await UpdateMachine.make(context);
  const { machine } = box;

  const refusals: readonly [string, RegExp][] = [
    ['older', /0\.0\.1 is older than/],
    ['signature', /not signed by anybody this box trusts/],
    ['board', /for the board generic-x86_64/],
    ['truncated', /ends too early/],
  ];
  for (const [name, sentence] of refusals) {
    await box.put(name);
    await assert.rejects(box.caselli('system', 'update', '--usb'), sentence, name);
    const { next, running } = await box.slots();
    assert.deepEqual([next, running], ['A', 'A'], name);
  }

  const postmaster = 'anna@office.test';
  await box.caselli('domain', 'add', 'office.test');
  await machine.shell(`echo a-password-of-hers | caselli user add ${postmaster} --password-stdin`, updateMs);
  await box.caselli('config', 'set', 'postmaster', postmaster);

  // One that never gets well: three starts, each ended as the watchdog ends it, then the former version.
  await box.put('bad');
  const begun = performance.now();
  await box.caselli('system', 'update', '--usb');
  context.diagnostic(`update written and read back in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  assert.equal((await box.slots()).next, 'B');
  let id = await box.bootId();
  await box.caselli('system', 'reboot', '--yes');
  for (let tries = 1; tries <= 3; tries++) {
    await box.startsFrom('B', id);
    id = await box.bootId();
    await box.reset();
  }
  await box.startsFrom('A', id);
  await machine.ready(readyMs);
  assert.match((await box.status()).sentence, /Version 9\.0\.0 did not come up; .* is running\./);
  await machine.until('the postmaster is told', readyMs, async () =>
    (await machine.shell('cat /data/mail/*/Maildir/new/* 2>/dev/null || true')).includes(
      'Subject: Update 9.0.0 did not come up',
    ),
  );
  await box.until(
    'the former system is confirmed',
    readyMs,
    ({ next, slots }) => next === 'A' && slots[0]!.tries === 0,
  );

  // A good one.
  await box.put('good');
  await box.caselli('system', 'update', '--usb');
  id = await box.bootId();
  await box.caselli('system', 'reboot', '--yes');
  await box.startsFrom('B', id);
  await machine.ready(readyMs);
  const trial = await box.status();
  assert.deepEqual([trial.version, trial.last?.result, trial.confirmed], ['9.1.0', 'trial', false]);
  await box.until('the update is confirmed', confirmMs, ({ next, slots }) => next === 'B' && slots[1]!.tries === 0);
  assert.equal((await box.status()).last?.result, 'confirmed');

  // Its slot is overwritten: the other one comes up.
  id = await box.bootId();
  await machine.shell(`dd if=/dev/zero of=${device('slot-B')} bs=1M count=4 conv=fsync 2>&1`);
  const zeroedAt = performance.now();
  await box.reset();
  await box.startsFrom('A', id);
  await machine.ready(readyMs);
  context.diagnostic(
    `slot B zeroed: A is ready ${((performance.now() - zeroedAt) / 1000).toFixed(1)} s after the reset`,
  );
  assert.match((await box.status()).sentence, /Version 9\.1\.0 did not come up/);
  await box.until('the system left is confirmed', readyMs, ({ next, slots }) => next === 'A' && slots[0]!.tries === 0);

  // The boot state is damaged.
  id = await box.bootId();
  await machine.shell(
    `mkdir /tmp/e && mount ${device('esp')} /tmp/e && cd /tmp/e/grub && dd if=/dev/urandom of=grubenv bs=1024 count=1 conv=notrunc && ` +
      'cp grubenv grubenv.spare && cd / && umount /tmp/e',
  );
  await box.reset();
  await box.startsFrom('A', id);
  await machine.ready(readyMs);
  await box.until('the boot state is whole again', readyMs, ({ damaged, next }) => !damaged && next === 'A');
});

test('the plug is pulled while an update is written: the box comes up as it was, and takes the update then', async (context) => {
  const box = await UpdateMachine.make(context);
  await box.put('good');
  for (const percent of [5, 60, 95]) {
    await box.machine.shell('caselli system update --usb --data /data >/tmp/update 2>&1 &');
    await box.machine.until(`${percent} % are written`, updateMs, async () => {
      const { progress } = await box.status();
      return progress !== null && progress.bytes >= (progress.totalBytes * percent) / 100;
    });
    await box.machine.cutPower();
    await box.machine.switchOn();
    await box.machine.ready(readyMs);
    const { running, next } = await box.until('the system is confirmed', readyMs, ({ slots }) => slots[0]!.tries === 0);
    assert.deepEqual([running, next], ['A', 'A'], `at ${percent} %`);
    assert.equal((await box.status()).last?.result, 'interrupted');
  }
  await box.caselli('system', 'update', '--usb');
  assert.equal((await box.slots()).next, 'B');
});
