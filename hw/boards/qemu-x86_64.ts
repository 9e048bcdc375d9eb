import type { Board } from './board.ts';
import { benchPanel, usbPanels } from './parts.ts';

/** The machine of the tests: QEMU's `pc`, BIOS or UEFI; the simulated exchange is at the other end of the modem's line. */
export const qemuX86: Board = {
  name: 'qemu-x86_64',
  title: 'QEMU, PC',
  architecture: 'x86_64',
  minimumCpu: 'x86-64-v2',
  kernel: 'debian',
  boot: 'grub',
  console: ['console=tty0', 'console=ttyS0,115200'],
  // The emulated processor says that it needs two page tables (PTI), which costs an emulator a third of its time; the
  // kernel decides by itself on real ones.
  kernelArguments: ['pti=off'],
  modules: ['button', 'evdev'],
  startModules: [],
  watchdog: { modules: ['i6300esb'], longestSeconds: 2046 },
  clock: 'battery',
  network: [{ name: 'eth0', drivers: ['virtio_net', 'e1000', 'e1000e'] }],
  serial: [
    { device: '/dev/ttyS0', purpose: 'console', connector: '-serial, the first isa-serial' },
    { device: '/dev/ttyS1', purpose: 'modem', connector: '-device isa-serial,index=1' },
  ],
  panel: [benchPanel, ...usbPanels],
  lights: [],
  buttons: [{ input: 'Power Button', key: 'KEY_POWER', does: 'shut-down', holdSeconds: 0 }],
  firmware: [],
  tested: 'each-build',
  fromMemory: [],
};
