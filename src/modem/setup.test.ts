import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsOf, stationIdOf } from './setup.ts';

test('a line calls itself by its id, else by what T.30 carries of its number', () => {
  assert.equal(stationIdOf({ stationId: '+49 30 1', number: '5550100' }), '+49 30 1');
  assert.equal(stationIdOf({ stationId: '', number: '030/1234567' }), '0301234567');
  assert.equal(stationIdOf({ stationId: '', number: '"+FDCC=1,5,0,0,0,0,0,0 555 0100 555 0100' }).length, 20);
});

test('a line over the internet is slower than it may be', () => {
  const line = {
    modemClass: 'auto',
    maxBitRate: 14_400,
    compression: 'MMR',
    errorCorrection: true,
    number: '5550100',
    stationId: '',
  } as const;
  assert.equal(settingsOf({ ...line, network: 'pbx' }).maxBitRate, 14_400);
  assert.equal(settingsOf({ ...line, network: 'voip' }).maxBitRate, 9600);
  assert.equal(settingsOf({ ...line, maxBitRate: 7200, network: 'voip' }).maxBitRate, 7200);
});
