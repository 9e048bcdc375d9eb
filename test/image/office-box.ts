import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ImapFlow } from 'imapflow';
import { run } from '../../image/run.ts';
import { openImap } from '../e2e/crash-clients.ts';
import { alice, bob } from '../e2e/crash-ledger.ts';
import type { Address } from '../e2e/running-box.ts';
import { builtImage, flashed, withKernelWords } from './built-image.ts';
import { type BoxPort, Machine, type MachineOptions } from './machine.ts';

/** A TCG box beside other work is slow; nothing is judged by these. */
export const readyMs = 300_000;
const commandMs = 120_000;

const listenerPorts: Readonly<Record<string, BoxPort>> = {
  smtp: 25,
  submission: 587,
  imap: 143,
  imaps: 993,
  pop3: 110,
};

export interface BoxOptions extends Partial<MachineOptions> {
  /** A USB stick of so many MiB with these files is plugged in. */
  readonly stick?: { readonly label: string; readonly sizeMiB: number; readonly files: readonly string[] };
  /** The box has a USB serial adapter for a front panel (`Machine.panelSocket`). */
  readonly panel?: boolean;
  /** What is plugged in, or pressed, as soon as the power is on. */
  readonly whenOn?: (machine: Machine) => Promise<unknown>;
}

async function plugStick(machine: Machine, { label, sizeMiB, files }: NonNullable<BoxOptions['stick']>): Promise<void> {
  const file = join(machine.folder, 'stick.img');
  await writeFile(file, '');
  await truncate(file, sizeMiB * 1024 * 1024);
  await run('mkfs.vfat', ['-n', label, file]);
  if (files.length > 0) await run('mcopy', ['-i', file, ...files, '::/']);
  machine.plug('-device', 'qemu-xhci,id=usb', '-drive', `file=${file},if=none,id=stick,format=raw,cache=unsafe`);
  machine.plug('-device', 'usb-storage,bus=usb.0,drive=stick');
}

function plugPanel(machine: Machine): void {
  machine.plug('-chardev', `socket,id=panel,path=${machine.panelSocket},server=on,wait=off`);
  machine.plug('-device', 'qemu-xhci,id=usb1', '-device', 'usb-serial,bus=usb1.0,chardev=panel');
}

/**
 * A freshly flashed box in QEMU with the office of the crash tests in it: alice and bob of office.test. Commands of root
 * are given to it on a console of its own.
 */
export class OfficeBox {
  readonly machine: Machine;
  readonly accounts: Readonly<Record<string, string>> = { [alice]: 'alice-secret-1', [bob]: 'bob-secret-1' };

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Flashed and switched on, ready, without anybody in it. */
  static async start(context: TestContext, { stick, panel, whenOn, ...options }: BoxOptions = {}): Promise<OfficeBox> {
    const built = await builtImage('qemu-x86_64');
    const machine = await Machine.make(context, { start: { by: 'bios' }, ...options });
    if (stick) await plugStick(machine, stick);
    if (panel) plugPanel(machine);
    const image = join(machine.folder, 'flashed.img');
    await withKernelWords(built.disk, 'box.debug=hvc0', image);
    await flashed(image, machine.disk);
    await machine.switchOn();
    await whenOn?.(machine);
    await machine.ready(readyMs);
    return new OfficeBox(machine);
  }

  async moveIn(): Promise<void> {
    await this.caselli('domain add office.test');
    for (const [address, password] of Object.entries(this.accounts))
      await this.machine.shell(`echo ${password} | caselli user add ${address} --password-stdin`, commandMs);
    await this.caselli(`config set postmaster ${alice}`);
  }

  /** A command in the box. */
  caselli(words: string): Promise<string> {
    return this.machine.shell(`caselli ${words}`, commandMs);
  }

  async json<T>(words: string): Promise<T> {
    return JSON.parse(await this.caselli(`${words} --json`)) as T;
  }

  get listeners(): Readonly<Record<string, Address>> {
    const entries = Object.entries(listenerPorts).map(([name, port]) => [
      name,
      { address: '127.0.0.1', port: this.machine.port(port) },
    ]);
    return Object.fromEntries(entries) as Record<string, Address>;
  }

  imap(user: string): Promise<ImapFlow> {
    return openImap(this, user);
  }
}
