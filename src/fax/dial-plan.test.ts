import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readConfig } from '../config/schema.ts';
import { applyDialPlan, compileDialPlan, type DialPlan } from './dial-plan.ts';
import { parseFaxAddress } from './fax-address.ts';

function plan(text: string): DialPlan {
  const reading = compileDialPlan(text);
  assert.ok(reading.kind === 'plan', JSON.stringify(reading));
  return reading.plan;
}

const dialled = (rules: DialPlan, number: string, source = 'esmtp'): string => {
  const result = applyDialPlan(rules, number, source);
  return result.kind === 'accepted' ? result.number : `refused: ${result.reason}`;
};

const accepts = [...'23456789'].flatMap((first) =>
  ['local', 'esmtp'].map((from) => `accept ${first}nnnnnnnnn ${from}`),
);

/** The North American rules in words of the reference, area code 999; 011 for local senders only. */
const northAmerica = plan(`
  rw^*  1         $9             # leading 1s
  rw^   011       1011$9         # protect international calls
  rw^   n11       1              # service codes are never dialled
  rw^   1011      011$9
  rw    (nnnnnnn) 999$1          # the own area code
  ${accepts.join('\n')}
  accept^ 011 local
  rw^   (.)       1$1$9
  rw^   1011      011$9
  rw^   1999      $9
`);

test('the expected results of the stock North American rules', () => {
  const vectors: Record<string, string> = {
    '2125551212': '12125551212',
    '12125551212': '12125551212',
    '1112125551212': '12125551212',
    '5551212': '5551212',
    '9995551212': '5551212',
  };
  for (const [number, result] of Object.entries(vectors)) assert.equal(dialled(northAmerica, number), result, number);
  assert.equal(dialled(northAmerica, '0117123456', 'local'), '0117123456');
  for (const number of ['911', '411', '9115551212', '0117123456', '1', '555', '1125551212'])
    assert.match(dialled(northAmerica, number), /^refused/, number);
  assert.match(dialled(northAmerica, '2125551212', 'uucp'), /^refused/);
});

test('the distributed file begins with a rule that switches faxing off', () => {
  assert.match(dialled(plan('rw^ . 1\naccept 2nn esmtp'), '255'), /^refused/);
});

test('the steps say what was done by which line', () => {
  const { steps } = applyDialPlan(
    plan('# office\nrw^ 0 9,0$9\naccept^ 9, local\nreject^ 9,0900 local'),
    '0900',
    'local',
  );
  assert.deepEqual(steps, [
    { line: 2, rule: 'rw^ 0 9,0$9', effect: 'rewritten', number: '9,0900' },
    { line: 3, rule: 'accept^ 9, local', effect: 'accepted', number: '9,0900' },
    { line: 4, rule: 'reject^ 9,0900 local', effect: 'rejected', number: '9,0900' },
  ]);
});

test('groups, keys, pauses, letters', () => {
  assert.equal(dialled(plan('rw (nn)(.)n $2$1\naccept^ . esmtp'), '12A4'), 'A12');
  assert.equal(dialled(plan('rw^ ~ *$9\naccept^ * esmtp'), '#5'), '*5');
  assert.equal(dialled(plan('accept^ ~ esmtp'), '#5'), '#5');
  assert.equal(dialled(plan('accept^ 9-w esmtp'), '9,W5'), '9,W5');
  assert.equal(dialled(plan('rw^ + 00$9\naccept^ 00 esmtp'), '+3906'), '003906');
  assert.equal(dialled(plan('rw^ @ 011$9\naccept^ 011 esmtp'), '+3906'), '0113906');
  assert.match(dialled(plan('accept^ @ esmtp'), '+3906'), /rw\^ \+ 00\$9/);
  assert.equal(dialled(plan('accept^ n esmtp'), '9@3906'), '9@3906');
});

test('limits: rounds, length, nothing left', () => {
  assert.match(dialled(plan('rw^* 1 1$9\naccept^ n esmtp'), '1'), /circles \(line 1\)/);
  assert.match(dialled(plan('rw^* 1 11$9\naccept^ n esmtp'), '1'), /longer than 80/);
  assert.match(dialled(plan('accept^ n esmtp\nrw^ n'), '123'), /nothing to dial/);
  assert.match(dialled(plan(''), '123'), /does not allow/);
});

test('every wrong line is named', () => {
  const wrong: [string, RegExp][] = [
    ['dial 1', /no rule/],
    ['rw', /search/],
    ['rw (1 2', /without \)/],
    ['rw 1) 2', /without \(/],
    ['rw ((1)) 2', /one another/],
    ['rw (1)(2)(3)(4)(5)(6)(7)(8)(9) 2', /8 groups/],
    ['rw 1 $9', /with \^/],
    ['rw 1 $1', /no group/],
    ['rw 1 hello', /cannot be dialled/],
    ['rw 1 2 3', /too much/],
    ['rw x 2', /never be in a number/],
    ['accept 1', /source/],
    ['accept 1 esmpt', /source/],
    ['accept* 1 esmtp', /rw only/],
  ];
  const reading = compileDialPlan(wrong.map(([text]) => text).join('\n'));
  assert.ok(reading.kind === 'invalid');
  assert.deepEqual(
    reading.problems.map(({ line }) => line),
    wrong.map((_, index) => index + 1),
  );
  for (const [index, [text, reason]] of wrong.entries()) assert.match(reading.problems[index]!.message, reason, text);
  assert.equal(compileDialPlan('x\n'.repeat(100_000)).kind, 'invalid');
  assert.equal(compileDialPlan('accept 1 local\n'.repeat(1001)).kind, 'invalid');
});

test('the default of the configuration takes plain numbers from everybody who may send', () => {
  const config = readConfig({});
  assert.ok(config.kind === 'valid');
  const rules = plan(config.config.fax.dialPlan);
  for (const source of ['local', 'esmtp']) assert.equal(dialled(rules, '5550199', source), '5550199');
  assert.match(dialled(rules, '5550199', 'uucp'), /^refused/);
});

test('any plan and any number: an end, and nothing dialled that a modem may not be told', () => {
  const word = fc.string({ unit: fc.constantFrom(...'n.()1209,@~-+w*'), maxLength: 6 });
  const replace = fc.string({ unit: fc.constantFrom('1', '9', ',', '$9', '$1', '~', 'w'), maxLength: 6 });
  const rule = fc.oneof(
    fc.tuple(fc.constantFrom('rw', 'rw^', 'rw*', 'rw^*'), word, replace),
    fc.tuple(fc.constantFrom('accept', 'accept^', 'reject'), word, fc.constantFrom('local', 'esmtp')),
  );
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 8 }), fc.stringMatching(/^[-0-9+#*wp.]{0,20}$/), (rules, number) => {
      const reading = compileDialPlan(rules.map((one) => one.join(' ')).join('\n'));
      const address = parseFaxAddress(`${number}@fax`);
      if (reading.kind === 'invalid' || address.kind !== 'fax') return;
      const result = applyDialPlan(reading.plan, address.number, 'local');
      if (result.kind === 'accepted') assert.match(result.number, /^[0-9A-D#*W,][0-9A-D#*W,@]{0,79}$/);
    }),
    { numRuns: 1000 },
  );
});
