import type { Board } from './board.ts';
import { usbPanels, usbSerialFirmware } from './parts.ts';

/** Raspberry Pi 4 with Debian's kernel; modems on USB only. Lights are those of the kernel's device tree. */
export const rpi4: Board = {
  name: 'rpi4',
  title: 'Raspberry Pi 4',
  architecture: 'aarch64',
  minimumCpu: 'cortex-a72',
  kernel: 'debian',
  boot: 'raspberry-pi',
  raspberryPi: {
    model: 'pi4',
    deviceTree: 'bcm2711-rpi-4-b.dtb',
    firmwareFiles: ['start4.elf', 'fixup4.dat'],
    firmwareFolders: ['overlays'],
    config: ['enable_uart=1'],
  },
  console: ['console=tty0', 'console=ttyS1,115200'],
  kernelArguments: [],
  modules: ['genet', 'broadcom', 'mdio-bcm-unimac', 'raspberrypi-cpufreq', 'iproc-rng200', 'leds-gpio'],
  startModules: ['sdhci-iproc', 'reset-raspberrypi', 'xhci_pci'],
  // The timer of the chip has 20 bits of 1/65536 s.
  watchdog: { modules: ['bcm2835_wdt'], longestSeconds: 15 },
  clock: 'none',
  network: [{ name: 'eth0', drivers: ['genet'] }],
  serial: [{ device: '/dev/ttyS1', purpose: 'console', connector: 'pins 8 and 10 of the header, 3.3 V' }],
  panel: usbPanels,
  lights: [
    { name: 'ACT', shows: 'busy' },
    { name: 'PWR', shows: 'running' },
  ],
  buttons: [],
  firmware: usbSerialFirmware,
  tested: 'never-here',
  fromMemory: ['minimumCpu', 'startModules', 'watchdog', 'serial', 'panel', 'firmware'],
};
