import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Slot } from '../box.ts';
import {
  type BootState,
  bootStateOf,
  choose,
  confirmed,
  freshBootState,
  installed,
  mostTries,
  otherSlot,
  variablesOf,
  writing,
} from './boot-state.ts';

const slots = ['A', 'B'] as const;
const slotState = fc.record(
  { ok: fc.boolean(), tries: fc.integer({ min: 0, max: mostTries }) },
  { noNullPrototype: true },
);
const anyState: fc.Arbitrary<BootState> = fc.record(
  {
    order: fc.array(fc.constantFrom<Slot>(...slots), { maxLength: 3 }),
    slots: fc.record({ A: slotState, B: slotState }, { noNullPrototype: true }),
  },
  { noNullPrototype: true },
);

test('a state comes back from its variables; what GRUB would not count counts as tried out', () => {
  fc.assert(fc.property(anyState, (state) => assert.deepEqual(bootStateOf(variablesOf(state)), state)));
  assert.deepEqual(bootStateOf(new Map()), freshBootState);
  const odd = bootStateOf(new Map(Object.entries({ ORDER: 'C  B', A_OK: 'yes', A_TRY: '-1', B_TRY: '' })));
  assert.deepEqual(odd, {
    order: ['B'],
    slots: { A: { ok: false, tries: 3 }, B: { ok: true, tries: 3 } },
  });
});

/**
 * The two slots and the boot partition as they live: updates, starts, confirmations, power cuts between any two writes,
 * slots overwritten, environments damaged. What a slot holds: a system that gets well, one that never does, or something
 * without a kernel (zeroed, or an update that was being written: its first block comes last).
 */
type Content = 'good' | 'bad' | 'none';

class Machine {
  content: Record<Slot, Content> = { A: 'good', B: 'good' };
  /** `grubenv` and `grubenv.spare`; undefined is damaged. */
  environments: (BootState | undefined)[] = [freshBootState, freshBootState];
  running: Slot | undefined;

  start(): void {
    const used = this.environments[0] ? 0 : 1;
    const choice = choose(this.environments[used] ?? freshBootState, (slot) => this.content[slot] !== 'none');
    this.running = choice?.slot;
    if (choice && this.environments[used]) this.environments[used] = choice.state;
    if (choice) assert.notEqual(this.content[choice.slot], 'none', 'a slot without kernel is never started');
  }

  get read(): BootState {
    return this.environments[0] ?? this.environments[1] ?? freshBootState;
  }

  write(state: BootState): (() => void)[] {
    return [0, 1].map((which) => () => {
      this.environments[which] = state;
    });
  }

  /** The writes of an operation of the running system, in order. */
  writes(action: 'confirm' | { readonly install: Content }): (() => void)[] {
    const running = this.running;
    if (running === undefined || this.content[running] !== 'good') return [];
    if (action === 'confirm') return this.write(confirmed(this.read, running));
    // As update.install does: the slot that is left must have been confirmed.
    if (this.read.slots[running].tries > 0) return [];
    const target = otherSlot(running);
    const being = writing(this.read, target);
    const fill = (content: Content) => () => {
      this.content[target] = content;
    };
    return [...this.write(being), fill('none'), fill(action.install), ...this.write(installed(being, target))];
  }
}

type Action =
  | { readonly kind: 'start' }
  | { readonly kind: 'confirm'; readonly cutAfter: number }
  | { readonly kind: 'install'; readonly content: Content; readonly cutAfter: number }
  | { readonly kind: 'zero'; readonly slot: Slot }
  | { readonly kind: 'damage'; readonly which: number };

const cutAfter = fc.integer({ min: 0, max: 7 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('start') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('confirm'), cutAfter }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('install'), content: fc.constantFrom<Content>('good', 'bad'), cutAfter }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('zero'), slot: fc.constantFrom<Slot>(...slots) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('damage'), which: fc.nat(1) }) },
) as fc.Arbitrary<Action>;

function apply(machine: Machine, one: Action): void {
  if (one.kind === 'start') machine.start();
  else if (one.kind === 'zero') {
    // One good slot is left: nobody can start what is nowhere.
    if (machine.content[otherSlot(one.slot)] === 'good') machine.content[one.slot] = 'none';
  } else if (one.kind === 'damage') {
    // With both damaged GRUB can count nothing until a system has come up.
    if (machine.environments[1 - one.which]) machine.environments[one.which] = undefined;
  } else {
    const writes = machine.writes(one.kind === 'confirm' ? 'confirm' : { install: one.content });
    for (const write of writes.slice(0, one.cutAfter)) write();
    if (one.cutAfter < writes.length) machine.start();
  }
}

/** Starts that a machine needs, left alone, until a good system runs. */
function startsUntilGood(machine: Machine): number {
  for (let starts = 1; starts <= 20; starts++) {
    machine.start();
    if (machine.running !== undefined && machine.content[machine.running] === 'good') return starts;
  }
  return Number.POSITIVE_INFINITY;
}

test('whatever happens, a good system comes up by itself, after at most seven starts', () => {
  let most = 0;
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const machine = new Machine();
      machine.start();
      for (const one of actions) apply(machine, one);
      const starts = startsUntilGood(machine);
      most = Math.max(most, starts);
      assert.ok(starts <= 7, `${starts} starts`);
    }),
    { numRuns: 3000 },
  );
  assert.ok(most > 3, 'the worst was met');
});

test('a version that never gets well is left after three starts, and not tried again', () => {
  const machine = new Machine();
  machine.start();
  for (const write of machine.writes('confirm')) write();
  for (const write of machine.writes({ install: 'bad' })) write();
  const ran: (Slot | undefined)[] = [];
  for (let starts = 0; starts < 4; starts++) {
    machine.start();
    ran.push(machine.running);
  }
  assert.deepEqual(ran, ['B', 'B', 'B', 'A']);
  for (const write of machine.writes('confirm')) write();
  for (let starts = 0; starts < 2; starts++) {
    machine.start();
    assert.equal(machine.running, 'A');
  }
});

test('a plug pulled three times in a row before the health check leaves a confirmed system in place', () => {
  const machine = new Machine();
  for (let starts = 0; starts < 12; starts++) {
    machine.start();
    assert.equal(machine.running, 'A');
    if (starts % 3 === 2) for (const write of machine.writes('confirm')) write();
  }
});
