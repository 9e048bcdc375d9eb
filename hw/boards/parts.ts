import type { FirmwareFiles, FrontPanel, Watchdog } from './board.ts';

/** What several boards have in common, because it is plugged in or comes with the make of machine. */

/**
 * Front panels that can be plugged into any board. That the Crystalfontz ids are serial adapters is in the table of the
 * kernel's `ftdi_sio`; which display has which id, and the last two, are from memory.
 */
export const usbPanels: readonly FrontPanel[] = [
  {
    title: 'Crystalfontz CFA-635',
    usb: '0403:fc0d',
    serial: true,
    driver: 'CFontzPacket',
    settings: { Model: '635', Speed: '115200' },
  },
  {
    title: 'Crystalfontz CFA-631',
    usb: '0403:fc0c',
    serial: true,
    driver: 'CFontzPacket',
    settings: { Model: '631', Speed: '115200' },
  },
  {
    title: 'Crystalfontz CFA-633',
    usb: '0403:fc0b',
    serial: true,
    driver: 'CFontzPacket',
    settings: { Model: '633', Speed: '19200' },
  },
  {
    title: 'LCD2USB',
    usb: '0403:c630',
    serial: false,
    driver: 'hd44780',
    settings: { ConnectionType: 'lcd2usb', Size: '20x4' },
  },
  { title: 'picoLCD 20x4', usb: '04d8:c002', serial: false, driver: 'picolcd', settings: {} },
];

/**
 * The display of the test bench: QEMU's serial adapter is a plain FT232, and on its other side is a CFA-635. On real
 * machines that id is any serial adapter, a modem's for instance, so it stands with the emulated boards only.
 */
export const benchPanel: FrontPanel = {
  title: 'Crystalfontz CFA-635 on a plain serial adapter',
  usb: '0403:6001',
  serial: true,
  driver: 'CFontzPacket',
  settings: { Model: '635', Speed: '115200' },
};

/** Watchdogs of PCs: chipset first, then those of monitoring chips, then the kernel's own, which no hang of the kernel trips. */
export const pcWatchdog: Watchdog = {
  modules: ['i6300esb', 'iTCO_wdt', 'sp5100_tco', 'w83627hf_wdt', 'it87_wdt', 'f71808e_wdt', 'softdog'],
  longestSeconds: 255,
};

/** Modems and serial adapters on USB whose drivers load a program into the device. */
export const usbSerialFirmware: readonly FirmwareFiles[] = [
  {
    files: 'mts_mt9234zba.fw',
    module: 'ti_usb_3410_5052',
    package: 'firmware-misc-nonfree',
    without: 'The modem MultiTech MT9234ZBA-USB is not found.',
  },
  {
    files: 'ti_3410.fw',
    module: 'ti_usb_3410_5052',
    package: 'firmware-misc-nonfree',
    without: 'Serial adapters with a TI TUSB3410 do not work.',
  },
  {
    files: 'keyspan/*.fw',
    module: 'keyspan',
    package: 'firmware-misc-nonfree',
    without: 'Serial adapters of Keyspan do not work.',
  },
];

/** Network cards by Realtek. */
export const realtekFirmware: FirmwareFiles = {
  files: 'rtl_nic/*.fw',
  module: 'r8169',
  package: 'firmware-realtek',
  without: 'Most network cards by Realtek work, some only slowly or not at all.',
};
