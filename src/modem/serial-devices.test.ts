import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serialDevices } from './serial-devices.ts';

test('ports with hardware are listed, with the name that stays and what USB says; the console and empty ports are not', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'tty-'));
  t.after(() => rm(root, { recursive: true }));
  const [sys, dev] = [join(root, 'sys', 'class', 'tty'), join(root, 'dev')];
  const usb = join(root, 'sys', 'devices', 'usb1', '1-1');
  await mkdir(join(usb, '1-1:1.0', 'ttyUSB0'), { recursive: true });
  await writeFile(join(usb, 'manufacturer'), 'Conexant\n');
  await writeFile(join(usb, 'product'), 'USB Modem\n');
  const board = join(root, 'sys', 'devices', 'serial8250');
  await mkdir(board, { recursive: true });
  await mkdir(join(dev, 'serial', 'by-id'), { recursive: true });
  await symlink('../../ttyACM0', join(dev, 'serial', 'by-id', 'usb-Conexant_Modem-if00'));
  for (const [name, type, device] of [
    ['ttyS0', '4', board],
    ['ttyS1', '4', board],
    ['ttyS10', '4', board],
    ['ttyS2', '0', board],
    ['ttyACM0', '', join(usb, '1-1:1.0', 'ttyUSB0')],
    ['tty0', '', ''],
    ['ptyp0', '', board],
  ] as const) {
    await mkdir(join(sys, name), { recursive: true });
    if (type) await writeFile(join(sys, name, 'type'), `${type}\n`);
    if (device) await symlink(device, join(sys, name, 'device'));
    await writeFile(join(dev, name), '');
  }
  await mkdir(join(sys, 'console'));
  await writeFile(join(sys, 'console', 'active'), 'tty0 ttyS0\n');
  assert.deepEqual(await serialDevices({ sys, dev }), [
    {
      device: join(dev, 'serial', 'by-id', 'usb-Conexant_Modem-if00'),
      path: join(dev, 'ttyACM0'),
      product: 'Conexant USB Modem',
    },
    { device: join(dev, 'ttyS1'), path: join(dev, 'ttyS1'), product: '' },
    { device: join(dev, 'ttyS10'), path: join(dev, 'ttyS10'), product: '' },
  ]);
  assert.deepEqual(await serialDevices({ sys: join(root, 'nowhere'), dev }), []);
});
