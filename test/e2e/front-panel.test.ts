import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Key } from '../../hw/panel/cfa635.ts';
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

test('faxing is paused at the front panel: a fax waits until somebody goes on, and the audit log knows who', async (t) => {
  const desk = await Desk.open(t);
  const box = await RunningBox.start(t, testConfig({ system: { lcd: { enabled: true, port: desk.port } } }));
  await desk.plug();
  void desk.startLcd();
  /** Presses keys one by one, each when what the former one did is on the display. */
  const press = async (...steps: readonly (readonly [Key, string])[]): Promise<void> => {
    for (const [key, words] of steps) {
      desk.panel.tap(key);
      await desk.shows(words);
    }
  };
  const mail = (number: string): Promise<unknown> =>
    box.caselliWith(`To: ${number}@fax\n\nHello\n`, 'sendmail', '-f', 'alice@office.test', '-t');
  await desk.shows('One-time password:');
  await press(['Enter', '>Network'], ['Down', '>Line test'], ['Enter', 'All is well: dial'], ['Exit', '>Line test']);
  await press(['Down', '>Last faxes'], ['Down', '>Pause faxing'], ['Enter', '>No']);
  await press(['Down', '>Yes, pause'], ['Enter', 'Faxes wait. Calls'], ['Enter', '>Resume faxing']);
  await box.event('line.paused', ({ paused }) => paused === 'sending');
  await mail('5550199');
  await box.event('queue.accepted');
  await press(['Exit', 'One-time password:'], ['Down', 'Faxing is paused']);
  const [line] = await box.ask<{ paused: string }[]>('fax', 'lines');
  assert.equal(line!.paused, 'sending');
  // What nobody may do on this machine is refused in words.
  await press(['Enter', 'Menu'], ['Up', '>Factory reset'], ['Up', '>Shut down'], ['Enter', 'Shut down?']);
  await press(['Up', '>Yes'], ['Enter', 'Not done:'], ['Enter', '>Shut down']);
  assert.ok(!box.events.some(({ event }) => event === 'call.started'));
  await press(['Up', '>Restart'], ['Up', '>About'], ['Up', '>Resume'], ['Enter', 'Faxes go out again.']);
  await box.event('queue.delivered', ({ recipient }) => recipient.startsWith('5550199@fax'));
  const log = await box.ask<{ via: string; action: string; failed: string }[]>('system', 'audit');
  const done = log.filter(({ via, action }) => via === 'front panel' && action !== 'settings').toReversed();
  assert.deepEqual(
    done.map(({ action, failed }) => [action, failed === '']),
    [
      ['lineTest', true],
      ['faxPause', true],
      ['systemShutdown', false],
      ['faxResume', true],
    ],
  );
  assert.deepEqual(desk.panel.faults, []);
});

test('a line is paused by the command line, with its answering; that lasts over a restart', async (t) => {
  const box = await RunningBox.start(t);
  const [line] = await box.ask<{ id: string }[]>('fax', 'lines');
  const paused = await box.caselli('fax', 'pause', line!.id, '--no-answer');
  assert.match(paused.out, /paused: sends and answers nothing/);
  await box.event('line.paused', (fields) => fields.line === line!.id && fields.paused === 'all');
  const unknown = await box.caselli('fax', 'pause', 'no-such-line');
  assert.deepEqual([unknown.code, unknown.error.includes('there is no fax line no-such-line')], [66, true]);
  const shown = await box.caselli('system', 'front-panel');
  assert.match(shown.out, /The front panel is switched off/);
  assert.equal(await box.kill('SIGTERM'), 0);
  await box.start();
  const advice = (await box.ask<{ sentence: string; level: string }[]>('doctor')).filter(
    ({ level }) => level === 'note',
  );
  assert.ok(advice.some(({ sentence }) => sentence.includes('is paused: nothing is sent and no call is answered')));
  assert.doesNotMatch((await box.caselli('fax', 'resume')).out, /paused/);
});
