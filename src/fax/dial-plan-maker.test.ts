import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countries } from './countries.ts';
import { applyDialPlan, compileDialPlan } from './dial-plan.ts';
import { type DialPlace, madeOf, makeDialPlan } from './dial-plan-maker.ts';

function dial(place: DialPlace, number: string): string {
  const reading = compileDialPlan(makeDialPlan(place)!);
  assert.ok(reading.kind === 'plan', JSON.stringify(reading));
  const dialling = applyDialPlan(reading.plan, number, 'local');
  return dialling.kind === 'accepted' ? dialling.number : 'refused';
}

const berlin = { country: 'DE', area: '30', outside: '' };

test('numbers are dialled as each country wants them', () => {
  const cases: readonly (readonly [DialPlace, string, string])[] = [
    [berlin, '+49301234567', '1234567'],
    [berlin, '+49891234567', '0891234567'],
    [berlin, '+490891234567', '0891234567'],
    [berlin, '+39061234567', '0039061234567'],
    [berlin, '0039061234567', '0039061234567'],
    [berlin, '00498912345', '08912345'],
    [berlin, '0891234567', '0891234567'],
    [berlin, '112', 'refused'],
    [berlin, '1125', '1125'],
    [{ ...berlin, outside: '0' }, '+49891234567', '0,0891234567'],
    [{ ...berlin, outside: '0' }, '47', '47'],
    [{ ...berlin, outside: '0' }, '112', 'refused'],
    [{ country: 'US', area: '212', outside: '' }, '+12125550100', '2125550100'],
    [{ country: 'US', area: '212', outside: '9' }, '+13105550100', '9,13105550100'],
    [{ country: 'US', area: '', outside: '' }, '+4930123456', '0114930123456'],
    [{ country: 'US', area: '', outside: '' }, '911', 'refused'],
    [{ country: 'IT', area: '06', outside: '' }, '+39061234567', '061234567'],
    [{ country: 'CH', area: '44', outside: '' }, '+41441234567', '0441234567'],
    [{ country: 'HU', area: '1', outside: '' }, '+36621234567', '06621234567'],
    [{ country: 'GB', area: '', outside: '' }, '+4402079460000', '02079460000'],
  ];
  for (const [place, number, dialled] of cases)
    assert.equal(dial(place, number), dialled, `${JSON.stringify(place)} ${number}`);
});

test('every country has a plan that compiles, knows what it was made of, and rings no emergency number', () => {
  assert.equal(new Set(countries.map(({ id }) => id)).size, countries.length);
  for (const { id, emergency } of countries)
    for (const outside of ['', '0', '9']) {
      const place = { country: id, area: '12', outside };
      assert.deepEqual(madeOf(makeDialPlan(place)!), place);
      for (const number of emergency) assert.equal(dial(place, number), 'refused', `${id} ${number}`);
      assert.match(dial(place, '+99912345678'), /12345678$/);
    }
});

test('what is no place makes no plan', () => {
  assert.equal(makeDialPlan({ ...berlin, country: 'XX' }), undefined);
  assert.equal(makeDialPlan({ ...berlin, area: '3\nreject^ n local' }), undefined);
  assert.equal(makeDialPlan({ ...berlin, outside: '0,' }), undefined);
  assert.equal(madeOf('rw^ + 00$9'), undefined);
});
