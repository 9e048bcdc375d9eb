import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { boards } from '../../hw/boards/index.ts';
import type { Key } from '../../hw/panel/cfa635.ts';
import { FrontPanel } from '../../src/lcd/front-panel.ts';
import { type TestBox, testCall, testLine, testSources } from '../../src/lcd/test-sources.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { EventBus } from '../../src/lib/events.ts';
import { Desk } from '../support/front-panel-desk.ts';

/** The real LCDd between the program's client and a strict display. */
function openPanel(t: TestContext, desk: Desk, sources = testSources()): { panel: FrontPanel; events: EventBus } {
  const events = new EventBus(systemClock);
  const config = { enabled: true, host: '127.0.0.1', port: desk.port, menu: 'all' } as const;
  const panel = new FrontPanel({ ...sources, config, events, clock: systemClock });
  t.after(() => panel.stop());
  return { panel, events };
}

test('from "please wait" over the first visit to "Safe to switch off", with keys and lights', async (t) => {
  const desk = await Desk.open(t);
  await desk.plug();
  const ended = desk.startLcd();
  await desk.shows('please wait');
  const { panel, events } = openPanel(t, desk, testSources({ oneTimePassword: 'KX7P-QM2R-9TDA' }));
  panel.start();
  assert.deepEqual(await desk.shows('192.168.1.50', 'KX7P'), [
    'Open in a browser:  ',
    '192.168.1.50        ',
    'One-time password:  ',
    'KX7P-QM2R-9TDA      ',
  ]);
  assert.deepEqual(panel.picture()?.frame.lines, desk.panel.lines());
  assert.ok(desk.panel.backlight.display > 0);
  assert.deepEqual(desk.panel.leds[0], { green: 100, red: 0 });
  desk.panel.tap('Down');
  assert.match((await desk.shows('All is well'))[0]!, /^Caselli +\d\d:\d\d$/);
  desk.panel.tap('Down');
  await desk.shows('Queue', 'Nothing waits');
  desk.panel.tap('Up');
  await desk.shows('All is well');
  desk.panel.tap('Enter');
  await desk.shows('Menu', '>Network');
  desk.panel.tap('Left');
  await desk.shows('KX7P-QM2R-9TDA');
  events.emit('box.stopping', { reason: 'SIGTERM' });
  await desk.shows('Caselli is stopping', 'Please wait');
  await panel.stop();
  await desk.nextFrame();
  await desk.endLcd();
  assert.equal(await ended, 0);
  assert.deepEqual(desk.panel.lines().slice(0, 2), ['      Caselli       ', ' Safe to switch off ']);
  assert.deepEqual(desk.panel.faults, []);
});

test('the whole menu by its keys: network, line test, faxes, pausing, restart, shutdown, factory reset', async (t) => {
  const desk = await Desk.open(t);
  await desk.plug();
  void desk.startLcd();
  const asked: string[] = [];
  const state: TestBox = {
    asked,
    lines: [testLine(), testLine({ id: 'line2', number: '5550101' })],
    calls: [testCall({}), testCall({ direction: 'in', number: '5550199', result: 'busy' })],
    tested: Promise.resolve('The modem answers and is ready: Conexant, class 2.'),
  };
  const { panel } = openPanel(t, desk, testSources(state));
  panel.start();
  await desk.shows('All is well', '2 lines free');
  /** Presses keys one by one, each when what the former one did is on the display. */
  const press = async (...steps: readonly (readonly [Key, ...string[]])[]): Promise<void> => {
    for (const [key, ...words] of steps) {
      desk.panel.tap(key);
      await desk.shows(...words);
    }
  };
  await press(['Enter', 'Menu', '>Network'], ['Right', '192.168.1.50', 'caselli-1a2b.local'], ['Exit', '>Network']);
  await press(['Down', '>Line test'], ['Enter', '>5550100        free', ' 5550101        free']);
  await press(['Down', '>5550101'], ['Enter', 'The modem answers', 'Conexant, class 2.'], ['Left', '>Line test']);
  await press(['Down', '>Last faxes'], ['Enter', '> 5551234    2 pages', '< 5550199     failed'], ['Enter', 'Menu']);
  await press(['Down', '>Pause faxing'], ['Enter', 'Pause faxing?', '>No'], ['Down', '>Yes, pause']);
  await press(['Enter', 'Faxes wait. Calls'], ['Enter', '>Resume faxing'], ['Exit', 'Faxing is paused']);
  await press(['Enter', 'Menu'], ['Up', '>Factory reset'], ['Up', '>Shut down'], ['Up', '>Restart']);
  await press(['Up', '>About this box'], ['Enter', 'Version 1.4.0'], ['Left', '>About this box']);
  await press(['Up', '>Resume faxing'], ['Enter', 'Faxes go out again.'], ['Exit', '>Pause faxing']);
  await press(['Down', '>About'], ['Down', '>Restart'], ['Enter', 'Restart?', '>No'], ['Enter', '>Restart']);
  await press(['Enter', 'Restart?'], ['Down', '>Yes, restart'], ['Enter', 'The box restarts.'], ['Exit', '>Restart']);
  await press(['Down', '>Shut down'], ['Enter', 'Shut down?'], ['Up', '>Yes'], ['Enter', 'The box shuts down.']);
  await press(['Exit', '>Shut down'], ['Down', '>Factory reset'], ['Enter', 'Factory reset?', '>No']);
  await press(['Down', '>Yes, erase'], ['Enter', 'Really erase?', '>No'], ['Exit', '>Factory reset']);
  assert.deepEqual(asked, ['test line2', 'pause', 'resume', 'restart', 'shut-down']);
  await press(['Enter', 'Factory reset?'], ['Down', '>Yes, erase'], ['Enter', 'Really erase?', '>No']);
  await press(['Down', '>Yes, erase all'], ['Enter', 'All data are erased;']);
  assert.equal(asked.at(-1), 'factory-reset');
  assert.deepEqual(desk.panel.faults, []);
});

test('a fax is shown with number, page and bar; faults come first, and every sign arrives as it was written', async (t) => {
  const desk = await Desk.open(t);
  await desk.plug();
  void desk.startLcd();
  const state: Parameters<typeof testSources>[0] = {};
  const sources = testSources(state);
  const { panel, events } = openPanel(t, desk, sources);
  panel.start();
  await desk.shows('All is well');
  const line = { id: 'line1', number: '5550100', state: 'sending', peer: '+49 30 123', page: 3, pages: 4 };
  state.lines = [testLine(line)];
  events.emit('line.state', { line: 'line1', state: 'sending', number: '+49 30 123', page: 3, pages: 4 });
  assert.deepEqual(await desk.shows('Page 3 of 4', '█'), [
    '5550100      sending',
    'to +49 30 123       ',
    'Page 3 of 4         ',
    // Two and a half pages of four are 62 or 63 of 100 pixels.
    `${'█'.repeat(12)}▌       `,
  ]);
  assert.deepEqual(desk.panel.leds[1], { green: 100, red: 0 });
  state.faults = ['Grüße: "C:\\" {x} @ $5 [öäÜß] é|~^_ passt.'];
  events.emit('box.fault', { where: 'test', error: 'test' });
  assert.deepEqual(await desk.shows('Not well', 'passt'), [
    'Not well            ',
    'Grüße: "C:\\" {x} @  ',
    '$5 [öäÜß] é|~^_     ',
    'passt.              ',
  ]);
  assert.deepEqual(desk.panel.leds.slice(0, 2), [
    { green: 0, red: 100 },
    { green: 100, red: 0 },
  ]);
  assert.deepEqual(desk.panel.faults, []);
});

test('pulled and plugged in again: LCDd is ended and started again, and the program finds it', async (t) => {
  const desk = await Desk.open(t);
  const told: string[] = [];
  const { panel, events } = openPanel(t, desk);
  events.on(({ name }) => told.push(name));
  panel.start();
  const first = desk.startLcd();
  // The script waits for the display.
  await desk.plug();
  await desk.shows('All is well');
  await desk.pull();
  await first;
  await desk.panel.waitFor(() => !desk.panel.plugged, { what: 'no cable' });
  void desk.startLcd();
  await desk.plug();
  await desk.shows('All is well');
  assert.deepEqual(
    told.filter((name) => name.startsWith('lcd.')),
    ['lcd.absent', 'lcd.connected', 'lcd.lost', 'lcd.connected'],
  );
  assert.deepEqual(desk.panel.faults, []);
});

test('LCDd is told of each display that a board knows, and of nothing that is another device', async (t) => {
  const desk = await Desk.open(t, 'generic-x86_64');
  // Any serial adapter, a modem's for instance: no display on a real machine.
  await desk.usbDevice('0403', '6001', '1-1:1.0/ttyUSB0');
  assert.deepEqual(await desk.conf(), { code: 1, stdout: Buffer.alloc(0), stderr: 'no display is plugged in\n' });
  for (const { usb, serial, driver, settings } of boards['generic-x86_64']!.panel) {
    const [vendor, product] = usb.split(':') as [string, string];
    // A CDC device keeps its terminals one folder deeper.
    await desk.usbDevice(vendor, product, '1-1:1.0/tty/ttyACM3');
    await desk.device('ttyACM3');
    const { code, stdout } = await desk.conf();
    assert.equal(code, 0, usb);
    const told = stdout.toString().split('\n');
    assert.match(told[1]!, /^DriverPath=\/usr\/lib\/[^/]+\/lcdproc\/$/);
    assert.equal(told[2], `Driver=${driver}`);
    const wanted = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const start = [`[${driver}]`, ...(serial ? [`Device=${desk.devicePath('ttyACM3')}`] : []), ...wanted];
    assert.deepEqual(told.slice(3, 3 + start.length), start);
  }
});
