import type { Board } from './board.ts';
import { usbPanels, usbSerialFirmware } from './parts.ts';

/**
 * PC Engines APU2, APU3 and APU4: no screen, console on the 9-pin connector. The first APU is left out: its processor lacks
 * SSE4.2. Names of lights, of the button and of the models are those in the kernel's `pcengines-apuv2`, which says which
 * modules it needs in a form that modprobe does not follow, so they are named here.
 */
export const pcenginesApu: Board = {
  name: 'pcengines-apu',
  title: 'PC Engines APU2, APU3, APU4',
  architecture: 'x86_64',
  minimumCpu: 'x86-64-v2',
  kernel: 'debian',
  boot: 'grub',
  console: ['console=ttyS0,115200'],
  kernelArguments: ['8250.nr_uarts=16'],
  modules: ['gpio-amd-fch', 'leds-gpio', 'gpio_keys_polled', 'pcengines-apuv2', 'i2c-piix4', 'evdev'],
  startModules: [],
  watchdog: { modules: ['sp5100_tco', 'softdog'], longestSeconds: 65535 },
  clock: 'battery',
  network: [
    { name: 'eth0', drivers: ['igb'] },
    { name: 'eth1', drivers: ['igb'] },
    { name: 'eth2', drivers: ['igb'] },
  ],
  serial: [
    { device: '/dev/ttyS0', purpose: 'console', connector: '9-pin connector, RS-232' },
    { device: '/dev/ttyS1', purpose: 'modem', connector: 'header inside, 3.3 V: needs a level converter' },
  ],
  panel: usbPanels,
  lights: [
    { name: 'apu:green:1', shows: 'running' },
    { name: 'apu:green:2', shows: 'busy' },
    { name: 'apu:green:3', shows: 'fault' },
  ],
  buttons: [{ input: 'apu2-keys', key: 'KEY_RESTART', does: 'factory-reset', holdSeconds: 10 }],
  firmware: usbSerialFirmware,
  tested: 'never-here',
  fromMemory: ['minimumCpu', 'clock', 'network', 'serial', 'panel', 'buttons', 'firmware'],
};
