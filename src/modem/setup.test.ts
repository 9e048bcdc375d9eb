import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stationIdOf } from './setup.ts';

test('a line calls itself by its id, else by what T.30 carries of its number', () => {
  assert.equal(stationIdOf({ stationId: '+49 30 1', number: '5550100' }), '+49 30 1');
  assert.equal(stationIdOf({ stationId: '', number: '030/1234567' }), '0301234567');
  assert.equal(stationIdOf({ stationId: '', number: '"+FDCC=1,5,0,0,0,0,0,0 555 0100 555 0100' }).length, 20);
});
