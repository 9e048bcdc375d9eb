import { access, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A serial port of this machine: built in, or a modem or adapter at USB. */
export interface SerialDevice {
  /** `/dev/ttyUSB0`, or the name by identity where there is one: it stays when others are plugged in. */
  readonly device: string;
  /** The name of the kernel: `/dev/ttyUSB0`. */
  readonly path: string;
  /** What maker and product say of themselves; empty for a port that is built in. */
  readonly product: string;
}

export interface DevicePlaces {
  /** `/sys/class/tty`. */
  readonly sys: string;
  /** `/dev`. */
  readonly dev: string;
}

const machine: DevicePlaces = { sys: '/sys/class/tty', dev: '/dev' };
/** Ports looked at; a machine has few. */
const maxPorts = 32;
const maxProductCharacters = 100;

/**
 * The serial ports that something could be plugged into: those with hardware behind them (the kernel makes names for
 * ports that are not there), without the console of the machine, which is no modem's.
 */
export async function serialDevices(places: DevicePlaces = machine): Promise<readonly SerialDevice[]> {
  const names = await readdir(places.sys).catch(() => []);
  const console = (await text(join(places.sys, 'console', 'active'))).split(/\s+/);
  const stable = await stableNames(places.dev);
  const found: SerialDevice[] = [];
  for (const name of names.toSorted(byNumber)) {
    if (!/^tty(?:S|USB|ACM|AMA|O|mxc|SAC)\d+$/.test(name) || console.includes(name) || found.length >= maxPorts)
      continue;
    const path = join(places.dev, name);
    if (!(await isThere(path)) || !(await hasHardware(join(places.sys, name)))) continue;
    const product = await productOf(join(places.sys, name, 'device'));
    found.push({ device: stable.get(path) ?? path, path, product });
  }
  return found;
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** A port of the 8250 driver without a chip has type 0; whatever has no device has no hardware. */
async function hasHardware(folder: string): Promise<boolean> {
  return (await isThere(join(folder, 'device'))) && (await text(join(folder, 'type'))) !== '0';
}

/** Maker and product stand at the USB device, some folders above the port. */
async function productOf(device: string): Promise<string> {
  let folder = await realpath(device).catch(() => '');
  for (let up = 0; up < 4 && folder !== '' && folder !== '/'; up++, folder = dirname(folder)) {
    const [maker, product] = await Promise.all([text(join(folder, 'manufacturer')), text(join(folder, 'product'))]);
    if (product === '') continue;
    const whole = product.startsWith(maker) ? product : `${maker} ${product}`;
    return whole.trim().slice(0, maxProductCharacters);
  }
  return '';
}

/** `/dev/serial/by-id`, by the name of the kernel. */
async function stableNames(dev: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(dev, 'serial', 'by-id');
  const names = await readdir(folder).catch(() => []);
  const pairs = await Promise.all(
    names.map(async (name) => {
      const target = await readlink(join(folder, name)).catch(() => '');
      return [join(folder, target), join(folder, name)] as const;
    }),
  );
  // Names with blanks cannot stand in the settings.
  return new Map(pairs.filter(([, name]) => !/\s/.test(name)));
}

async function text(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(() => '')).trim();
}
