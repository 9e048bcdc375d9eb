import type { Board } from './board.ts';
import { benchPanel, usbPanels } from './parts.ts';

/** QEMU's `virt` with a kernel given directly: shows that the arm64 tree starts. */
export const qemuArm: Board = {
  name: 'qemu-aarch64',
  title: 'QEMU, ARM 64 bit',
  architecture: 'aarch64',
  minimumCpu: 'cortex-a53',
  kernel: 'debian',
  boot: 'direct-kernel',
  console: ['console=ttyAMA0'],
  kernelArguments: [],
  modules: [],
  startModules: [],
  watchdog: { modules: ['i6300esb', 'softdog'], longestSeconds: 2046 },
  clock: 'battery',
  network: [{ name: 'eth0', drivers: ['virtio_net'] }],
  serial: [
    { device: '/dev/ttyAMA0', purpose: 'console', connector: '-serial' },
    { device: '/dev/ttyS0', purpose: 'modem', connector: '-device pci-serial' },
  ],
  panel: [benchPanel, ...usbPanels],
  lights: [],
  buttons: [],
  firmware: [],
  tested: 'each-build',
  fromMemory: ['serial'],
};
