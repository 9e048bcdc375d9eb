import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Slot } from '../../src/system/box.ts';
import { bootStateOf, choose, variablesOf } from '../../src/system/slots/boot-state.ts';
import { formatGrubenv, grubenvBytes, parseGrubenv } from '../../src/system/slots/grubenv.ts';
import { runProgram } from '../support/run-program.ts';
import { GrubBench } from './grub-bench.ts';

/** GRUB itself judges our boot script, our environment block, and the TypeScript of its decision. */

const damaged = Buffer.alloc(grubenvBytes, 0xff);

const order = fc.constantFrom('A B', 'B A', 'A', 'B', '', 'C', 'B B', ' B  A ', 'A C B');
const ok = fc.constantFrom('1', '1', '1', '0', '', 'yes');
const tries = fc.constantFrom('0', '1', '2', '3', '9', '', '-1');
const variables = fc
  .record({ ORDER: order, A_OK: ok, A_TRY: tries, B_OK: ok, B_TRY: tries }, { requiredKeys: ['ORDER'] })
  .map((values) => new Map(Object.entries(values)));

test('grub-script-check finds nothing wrong in grub.cfg', async () => {
  const script = fileURLToPath(new URL('../../image/grub/grub.cfg', import.meta.url));
  const { code, stdout, stderr } = await runProgram('grub-script-check', ['-v', script]);
  assert.equal(code, 0, `${stdout}${stderr}`);
});

test('GRUB chooses as boot-state.ts does, and writes what that says', async (context) => {
  const bench = await GrubBench.make(context, 'set board_console="console=ttyS9"\nset board_arguments="x=1 y=2"\n');
  const one = fc.record({ variables, A: fc.boolean(), B: fc.boolean(), first: fc.constantFrom('whole', 'damaged') });
  const property = fc.asyncProperty(one, async ({ variables, A, B, first }) => {
    const block = formatGrubenv(variables);
    const used = first === 'whole' ? 'grubenv' : 'spare';
    await bench.setEnvironment('grubenv', first === 'whole' ? block : damaged);
    await bench.setEnvironment('spare', first === 'whole' ? damaged : block);
    await bench.setSlot('A', A);
    await bench.setSlot('B', B);
    const expected = choose(bootStateOf(variables), (slot) => (slot === 'A' ? A : B));
    const { kernel, screen } = await bench.start();
    assert.equal(kernel, expected && kernelWords(expected.slot, expected.rescue), screen);
    if (expected) {
      const written = parseGrubenv(await bench.environment(used));
      assert.ok(written, screen);
      const { slots } = bootStateOf(written);
      assert.deepEqual(slots, expected.state.slots, screen);
    }
    const other = used === 'grubenv' ? 'spare' : 'grubenv';
    assert.deepEqual(await bench.environment(other), damaged, 'the damaged one is left as it is');
  });
  await fc.assert(property, { numRuns: 60 });
});

function kernelWords(slot: Slot, rescue: boolean): string {
  const path = `(hd0,gpt${slot === 'A' ? 3 : 4})/boot/vmlinuz`;
  return `${path} box.slot=${slot}${rescue ? ' box.rescue=1' : ''} panic=10 quiet console=ttyS9 x=1 y=2`;
}

test('a kernel that can be opened and not loaded: the other slot starts at once', async (context) => {
  const bench = await GrubBench.make(context, '');
  const state = () => bench.environment('grubenv').then((block) => bootStateOf(parseGrubenv(block)!));
  await bench.setEnvironment('grubenv', formatGrubenv(new Map()));
  const start = await bench.start(['A']);
  assert.match(start.kernel ?? '', /box\.slot=B panic/, start.screen);
  assert.deepEqual((await state()).slots, { A: { ok: true, tries: 1 }, B: { ok: true, tries: 1 } });

  const none = await bench.start(['A', 'B']);
  assert.equal(none.kernel, undefined);
  assert.match(none.screen, /No system could be started; trying again\./);
});

test('both environments damaged: the first slot that has a kernel starts; damaged variables reach nothing else', async (context) => {
  const bench = await GrubBench.make(context, '');
  await bench.setEnvironment('grubenv', damaged);
  await bench.setEnvironment('spare', Buffer.alloc(grubenvBytes));
  await bench.setSlot('A', false);
  assert.match((await bench.start()).kernel ?? '', /box\.slot=B panic/);
  await bench.setSlot('A', true);
  assert.match((await bench.start()).kernel ?? '', /box\.slot=A panic/);
  await bench.setEnvironment(
    'grubenv',
    formatGrubenv(
      new Map([
        ['board_arguments', 'init=/bin/sh'],
        ['prefix', '/x'],
      ]),
    ),
  );
  assert.match((await bench.start()).kernel ?? '', /quiet console=tty0 console=ttyS0,115200$/);
});

test('grub-editenv reads what we write, and we read what it writes', async (context) => {
  const file = join(tmpdir(), `caselli-grubenv-${process.pid}`);
  context.after(() => rm(file, { force: true }));
  const value = fc.string({ unit: fc.constantFrom('a', ' ', '=', '#', '\\', "'", 'é'), maxLength: 12 });
  const any = fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/), value, { maxKeys: 6 });
  const property = fc.asyncProperty(any, async (values) => {
    const known = new Map(Object.entries(values));
    await writeFile(file, formatGrubenv(known));
    const listed = await runProgram('grub-editenv', [file, 'list']);
    assert.equal(listed.stdout.toString('latin1'), [...known].map(([name, text]) => `${name}=${text}\n`).join(''));
    const set = [...known].map(([name, text]) => `${name}=${text}`);
    assert.equal((await runProgram('grub-editenv', [file, 'create'])).code, 0);
    if (set.length > 0) await runProgram('grub-editenv', [file, 'set', ...set]);
    const read = parseGrubenv(await readFile(file));
    assert.deepEqual(new Map([...read!].map(([name, text]) => [name, Buffer.from(text, 'latin1').toString()])), known);
  });
  await fc.assert(property, { numRuns: 40 });
  assert.deepEqual(
    bootStateOf(parseGrubenv(formatGrubenv(variablesOf(bootStateOf(new Map()))))!),
    bootStateOf(new Map()),
  );
});
