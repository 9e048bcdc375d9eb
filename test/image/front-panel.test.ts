import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Cfa635 } from '../../hw/panel/cfa635.ts';
import type { Machine } from './machine.ts';
import { OfficeBox, readyMs } from './office-box.ts';

/** The front panel of the booted box: the display of `hw/panel` on a USB serial adapter, the image's own LCDd and scripts. */

/** Plugs the display in; QEMU takes its adapter out of the box when the cable is pulled. */
async function plug(panel: Cfa635, machine: Machine): Promise<() => Promise<void>> {
  const cable = await machine.until('the panel is plugged in', readyMs, async () => {
    const socket = connect(machine.panelSocket);
    await once(socket, 'connect');
    return socket;
  });
  const pull = panel.plug(cable);
  return async () => {
    pull();
    if (!cable.closed) await once(cable, 'close');
  };
}

test('the panel shows address and one-time password, hears its keys, and comes back after it was pulled', async (context) => {
  const panel = new Cfa635();
  const shows = (...words: readonly string[]): Promise<string[]> =>
    panel.waitFor((lines) => words.every((word) => lines.join('\n').includes(word)), {
      what: `a screen with ${words.join(', ')}`,
      deadlineMs: readyMs,
    });
  let pull = async (): Promise<void> => {};
  const box = await OfficeBox.start(context, {
    panel: true,
    whenOn: async (machine) => {
      pull = await plug(panel, machine);
      const since = (): string => `${((performance.now() - machine.startedAt) / 1000).toFixed(1)} s`;
      await shows('Caselli', 'please wait');
      context.diagnostic(`"please wait" ${since()} after power-on`);
      await shows('One-time password:');
      context.diagnostic(`the first screen of the program ${since()} after power-on`);
    },
  });
  const { machine } = box;
  const { network } = await box.json<{ network: { addresses: readonly string[] } }>('system status');
  const address = network.addresses[0]!.replace(/\/\d+$/, '');
  const password = /One-time password: (\S+)/.exec(await machine.console())![1]!;
  const firstVisit = ['Open in a browser:', address, 'One-time password:', password];
  assert.deepEqual(
    (await shows(address, password)).map((line) => line.trimEnd()),
    firstVisit,
  );
  panel.tap('Down');
  await shows('Caselli', 'No fax line');
  panel.tap('Enter');
  await shows('Menu', '>Network');
  panel.tap('Exit');

  assert.equal(await machine.shell("ps -o user,args | awk '/[L]CDd -f/ { print $1 }'"), 'lcd');
  assert.equal(await machine.shell('stat -c %G /dev/ttyUSB0'), 'lcd');
  // Displays without a serial port are reached as USB devices.
  const usb = 'cd $(dirname $(grep -l 6001 /sys/bus/usb/devices/*/idProduct)); . ./uevent; stat -c %G /dev/$DEVNAME';
  assert.equal(await machine.shell(usb), 'lcd');

  await pull();
  await machine.until('LCDd ends', readyMs, async () => {
    return (await machine.shell('ps -o args | grep -c "[L]CDd -f" || true')) === '0';
  });
  const pluggedAt = performance.now();
  await plug(panel, machine);
  await shows('One-time password:', password);
  context.diagnostic(`back ${((performance.now() - pluggedAt) / 1000).toFixed(1)} s after it was plugged in again`);
  assert.deepEqual(panel.faults, []);
});
