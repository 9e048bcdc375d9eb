import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { boardDocument, boards } from '../../hw/boards/index.ts';
import { Cfa635 } from '../../hw/panel/cfa635.ts';
import { plugIntoPty } from '../../hw/panel/pty.ts';
import { freePort } from './free-port.ts';
import { runProgram } from './run-program.ts';

const overlay = fileURLToPath(new URL('../../image/overlay/', import.meta.url));
/** As `run` of the image starts it; needs root. */
const asUser = ['--reuid', '902', '--regid', '902', '--clear-groups', '--no-new-privs', '--bounding-set=-all'];
const usbDevice = 'sys/bus/usb/devices/1-1';

/**
 * A front panel as on a box: the real LCDd, started by the image's own script under busybox on the image's own settings,
 * and a display that is strict about its packets. A folder stands for /sys and one for /dev.
 */
export class Desk {
  readonly panel = new Cfa635();
  readonly #folder: string;
  /** A copy, which that user can read wherever the sources are. */
  readonly #script: string;
  readonly port: number;
  readonly #environment: Record<string, string>;
  #pull: (() => Promise<void>) | undefined;
  #lcd: ChildProcess | undefined;
  #plugs = 0;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#script = join(folder, 'lcd.sh');
    this.port = port;
    this.#environment = {
      CASELLI_PATH: join(folder, 'bin'),
      CASELLI_SYS: join(folder, 'sys'),
      CASELLI_DEV: join(folder, 'dev'),
      CASELLI_ETC: join(folder, 'etc'),
    };
  }

  static async open(t: TestContext, board = 'qemu-x86_64'): Promise<Desk> {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-lcd-'));
    await chmod(folder, 0o755);
    const desk = new Desk(folder, await freePort());
    t.after(async () => {
      await desk.endLcd();
      await desk.#pull?.();
      await rm(folder, { recursive: true });
    });
    await copyFile(join(overlay, 'usr/lib/caselli/lcd.sh'), desk.#script);
    for (const name of ['bin', 'dev', 'etc']) await mkdir(join(folder, name));
    await mkdir(join(folder, 'sys/bus/usb/devices'), { recursive: true });
    for (const applet of ['awk', 'cat', 'tr', 'sleep']) await symlink('/usr/bin/busybox', join(folder, 'bin', applet));
    await symlink('/usr/sbin/LCDd', join(folder, 'bin/LCDd'));
    await writeFile(join(folder, 'etc/board.json'), JSON.stringify(boardDocument(boards[board]!), null, 2));
    const conf = await readFile(join(overlay, 'etc/caselli/LCDd.conf'), 'utf8');
    assert.match(conf, /^Port=13666$/m);
    await writeFile(join(folder, 'etc/LCDd.conf'), conf.replace('Port=13666', `Port=${desk.port}`));
    return desk;
  }

  /** Plugs the display in: a pseudo-terminal, and the USB device as the kernel shows it. */
  async plug(): Promise<void> {
    this.#pull = await plugIntoPty(this.panel, this.devicePath('ttyUSB0'));
    await this.usbDevice('0403', '6001', '1-1:1.0/ttyUSB0');
  }

  async usbDevice(vendor: string, product: string, port = ''): Promise<void> {
    const device = join(this.#folder, usbDevice);
    await mkdir(join(device, port), { recursive: true });
    await writeFile(join(device, 'idProduct'), `${product}\n`);
    await writeFile(join(device, 'devnum'), `${++this.#plugs}\n`);
    await writeFile(join(device, 'idVendor'), `${vendor}\n`);
  }

  devicePath(name: string): string {
    return join(this.#folder, 'dev', name);
  }

  async device(name: string): Promise<void> {
    await writeFile(this.devicePath(name), '');
    await chmod(this.devicePath(name), 0o666);
  }

  async pull(): Promise<void> {
    await rm(join(this.#folder, usbDevice), { recursive: true });
    await this.#pull?.();
    this.#pull = undefined;
  }

  /** What init does. */
  startLcd(): Promise<number | null> {
    const lcd = spawn('setpriv', [...asUser, 'busybox', 'sh', this.#script], {
      env: this.#environment,
      stdio: 'ignore',
    });
    this.#lcd = lcd;
    return once(lcd, 'close').then(([code]) => code as number | null);
  }

  async endLcd(): Promise<void> {
    const lcd = this.#lcd;
    if (!lcd || lcd.exitCode !== null || lcd.signalCode !== null) return;
    lcd.kill();
    await once(lcd, 'close');
  }

  conf(): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
    return runProgram('setpriv', [...asUser, 'busybox', 'sh', this.#script, 'conf'], { env: this.#environment });
  }

  /** Waits until LCDd has drawn all that it wants to. Ended in the middle of a frame it forgets what it has drawn of it. */
  async nextFrame(): Promise<void> {
    // It sends less than forty commands in a frame.
    const wanted = this.panel.commands + 40;
    await this.panel.waitFor(() => this.panel.commands > wanted, { what: 'further frames' });
  }

  /** Waits for a screen that has these words. */
  shows(...words: string[]): Promise<string[]> {
    const what = `a screen with ${words.join(', ')}`;
    return this.panel.waitFor((lines) => words.every((word) => lines.join('\n').includes(word)), { what });
  }
}
