import type { Board } from './board.ts';
import { pcWatchdog, realtekFirmware, usbPanels, usbSerialFirmware } from './parts.ts';

/**
 * What is flashed onto a mini PC. Its serial connector is for the modem, so the console is the screen alone: the kernel's
 * messages would reach the modem as commands.
 */
export const genericX86: Board = {
  name: 'generic-x86_64',
  title: 'Mini PC',
  architecture: 'x86_64',
  minimumCpu: 'x86-64-v2',
  kernel: 'debian',
  boot: 'grub',
  console: ['console=tty0'],
  // Cards with many connectors: the kernel makes four devices unless it is told.
  kernelArguments: ['8250.nr_uarts=16'],
  modules: ['button', 'evdev'],
  startModules: [],
  watchdog: pcWatchdog,
  clock: 'battery',
  network: [{ name: 'eth0', drivers: ['e1000e', 'igb', 'igc', 'r8169', 'tg3', 'e1000', 'virtio_net'] }],
  serial: [
    { device: '/dev/ttyS0', purpose: 'modem', connector: 'COM 1, RS-232' },
    { device: '/dev/ttyS1', purpose: 'modem', connector: 'COM 2, RS-232' },
  ],
  panel: usbPanels,
  lights: [],
  buttons: [{ input: 'Power Button', key: 'KEY_POWER', does: 'shut-down', holdSeconds: 0 }],
  firmware: [
    realtekFirmware,
    ...usbSerialFirmware,
    {
      files: 'tigon/*.bin',
      module: 'tg3',
      package: 'firmware-misc-nonfree',
      without: 'Some old network cards by Broadcom do not work.',
    },
  ],
  tested: 'each-build',
  fromMemory: ['serial', 'panel', 'firmware'],
};
