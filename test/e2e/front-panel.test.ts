import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk } from '../support/front-panel-desk.ts';
import { RunningBox, testConfig } from './running-box.ts';

test('without LCDd the box works and says so once; the display that comes later shows the first visit, then how things are', async (t) => {
  const desk = await Desk.open(t);
  const box = await RunningBox.start(
    t,
    testConfig({ system: { lcd: { enabled: true, port: desk.port }, time: { servers: [] } } }),
  );
  const { at } = await box.event('lcd.absent');
  assert.equal(at, `127.0.0.1:${desk.port}`);
  assert.deepEqual(await box.ask('queue', 'list'), []);
  await desk.plug();
  void desk.startLcd();
  await desk.shows('Open in a browser:', 'One-time password:');
  assert.equal(box.events.filter(({ event }) => event === 'lcd.absent').length, 1);
  const { out } = await box.caselli('system', 'password', '--one-time');
  const oneTimePassword = out.trim().split(' ').at(-1)!;
  await desk.shows('One-time password:', oneTimePassword);
  // The setting is followed: switched off, the display is left to LCDd.
  await box.caselli('config', 'set', 'system.lcd.enabled', 'false');
  await desk.panel.waitFor((lines) => !lines.join('').includes('password'), { what: 'a display without the box' });
  await box.caselli('config', 'set', 'system.lcd.enabled', 'true');
  await desk.shows('One-time password:', oneTimePassword);
  const ended = box.ended.catch(() => {});
  void box.kill('SIGTERM');
  await desk.shows('Caselli is stopping');
  await ended;
  assert.deepEqual(desk.panel.faults, []);
});
