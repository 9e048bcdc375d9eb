import type { Board } from './board.ts';
import { usbPanels, usbSerialFirmware } from './parts.ts';

/**
 * Raspberry Pi 5; modems on USB only. Debian 12's kernel does not know its chips (there is no bcm2712 device tree in it), so
 * kernel and modules are those that come with the firmware.
 */
export const rpi5: Board = {
  name: 'rpi5',
  title: 'Raspberry Pi 5',
  architecture: 'aarch64',
  minimumCpu: 'cortex-a76',
  kernel: 'raspberry-pi',
  boot: 'raspberry-pi',
  raspberryPi: {
    model: 'pi5',
    deviceTree: 'bcm2712-rpi-5-b.dtb',
    // Its first stages are in a flash chip of the board: nothing else is read from the disk.
    firmwareFiles: [],
    firmwareFolders: ['overlays'],
    kernelFile: 'kernel_2712.img',
    config: ['dtparam=uart0=on'],
  },
  console: ['console=tty0', 'console=ttyAMA10,115200'],
  kernelArguments: [],
  modules: ['macb', 'iproc-rng200', 'leds-gpio', 'gpio_keys', 'evdev'],
  startModules: ['sdhci-brcmstb', 'xhci-plat-hcd', 'nvme'],
  watchdog: { modules: ['bcm2835_wdt'], longestSeconds: 15 },
  clock: 'battery',
  network: [{ name: 'eth0', drivers: ['macb'] }],
  serial: [{ device: '/dev/ttyAMA10', purpose: 'console', connector: 'three-pin connector for a debug probe' }],
  panel: usbPanels,
  lights: [
    { name: 'ACT', shows: 'busy' },
    { name: 'PWR', shows: 'running' },
  ],
  buttons: [{ input: 'pwr_button', key: 'KEY_POWER', does: 'shut-down', holdSeconds: 0 }],
  firmware: usbSerialFirmware,
  tested: 'never-here',
  fromMemory: [
    'minimumCpu',
    'console',
    'modules',
    'startModules',
    'watchdog',
    'clock',
    'network',
    'serial',
    'panel',
    'lights',
    'buttons',
    'firmware',
  ],
};
