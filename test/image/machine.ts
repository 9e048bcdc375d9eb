import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';

/** Ports of the box that a test reaches on this machine's loopback. */
export const boxPorts = [25, 587, 465, 143, 993, 110, 995, 80, 443] as const;
/** Where SSH is, when it is switched on. */
export const sshPort = 22;
export type BoxPort = (typeof boxPorts)[number] | typeof sshPort;

export interface MachineOptions {
  readonly architecture?: 'x86_64' | 'aarch64';
  /** How the system starts: by the disk's boot loader, or from a kernel that QEMU is given. */
  readonly start:
    | { readonly by: 'bios' | 'uefi' }
    | { readonly by: 'kernel'; readonly kernel: string; readonly initramfs: string; readonly arguments: string };
  /** How the disk is attached: as QEMU's own, or as a PC's SATA disk. */
  readonly bus?: 'virtio' | 'sata';
  /** Further words for QEMU. */
  readonly devices?: readonly string[];
  readonly memoryMiB?: number;
  /** Another station is on the box's Ethernet (`Machine.wireSocket`). */
  readonly wire?: boolean;
}

/** What QEMU's DHCP server gives to the first who asks. */
export const boxAddress = '10.0.2.15';

/** Lines of the console shown when something fails. */
const tailLines = 40;
/** Between two tries to reach what is still starting. */
const retryMs = 200;
/** An answer of a box that is ready takes no longer, most of the time. */
const askMs = 800;

/**
 * A box in QEMU (TCG: without KVM, as slow as a small board), shut off from every network but the forwarded ports. Waits
 * have deadlines and fail with the end of the console.
 */
export class Machine {
  readonly folder: string;
  /** qcow2 file that it starts from. */
  disk: string;
  readonly #options: MachineOptions;
  readonly #plugged: string[] = [];
  #qemu: ChildProcess | undefined;
  #ports: ReadonlyMap<number, number> = new Map();
  #complaint = '';
  #ended: Promise<void> = Promise.resolve();
  #starts = 0;
  startedAt = 0;

  private constructor(folder: string, options: MachineOptions) {
    this.folder = folder;
    this.disk = join(folder, 'disk.qcow2');
    this.#options = options;
  }

  /** Not started yet; ended and removed after the test. */
  static async make(context: TestContext, options: MachineOptions): Promise<Machine> {
    const machine = new Machine(await mkdtemp(join(tmpdir(), 'caselli-box-')), options);
    context.after(async () => {
      await machine.cutPower();
      await rm(machine.folder, { recursive: true, force: true });
    });
    return machine;
  }

  get #console(): string {
    return join(this.folder, `console.${this.#starts}`);
  }

  /** The other end of the box's second serial connector: a modem, or nobody. */
  get modemSocket(): string {
    return join(this.folder, 'modem');
  }

  /** The other end of the front panel's serial adapter, of a box that has one: while nobody is there it is unplugged. */
  get panelSocket(): string {
    return join(this.folder, 'panel');
  }

  /**
   * Where the machine looks for another station of its Ethernet when it is switched on (`MachineOptions.wire`): frames,
   * each after its length in four octets.
   */
  get wireSocket(): string {
    return join(this.folder, 'wire');
  }

  /** Further words for QEMU from the next start on. */
  plug(...words: readonly string[]): void {
    this.#plugged.push(...words);
  }

  async switchOn(): Promise<void> {
    await this.cutPower();
    this.#starts += 1;
    this.#ports = new Map(
      await Promise.all([...boxPorts, sshPort].map(async (port) => [port, await freePort()] as const)),
    );
    this.#complaint = '';
    this.startedAt = performance.now();
    const architecture = this.#options.architecture ?? 'x86_64';
    // Ends with the test, also with one that is killed.
    const command = ['--pdeathsig', 'KILL', `qemu-system-${architecture}`, ...this.#words()];
    const child = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-4000);
    });
    this.#ended = new Promise((resolve) => child.on('exit', () => resolve()));
    this.#qemu = child;
    await once(child, 'spawn');
  }

  #words(): string[] {
    const { architecture = 'x86_64', start, bus = 'virtio', devices = [], memoryMiB = 512, wire } = this.#options;
    const arm = architecture === 'aarch64';
    const forwards = [...this.#ports].map(([port, host]) => `hostfwd=tcp:127.0.0.1:${host}-:${port}`);
    const drive = `file=${this.disk},if=none,id=disk0,format=qcow2,cache=unsafe`;
    const attach = bus === 'virtio' ? 'virtio-blk-pci,drive=disk0,bootindex=0' : 'ide-hd,drive=disk0,bootindex=0';
    const card = bus === 'virtio' ? 'virtio-net-pci' : 'e1000e';
    const words = [
      '-accel',
      'tcg,thread=multi',
      '-smp',
      '2',
      '-m',
      String(memoryMiB),
      '-display',
      'none',
      '-nodefaults',
    ];
    words.push(...(arm ? ['-M', 'virt', '-cpu', 'cortex-a53'] : ['-M', 'q35', '-cpu', 'Nehalem', '-vga', 'std']));
    words.push('-drive', drive, '-device', attach, '-device', 'virtio-rng-pci');
    words.push('-netdev', ['user', 'id=net0', 'restrict=on', ...forwards].join(','));
    if (wire) words.push(...this.#hub());
    words.push('-device', `${card},netdev=${wire ? 'card' : 'net0'},romfile=`);
    words.push('-chardev', `file,id=console,path=${this.#console}`, '-serial', 'chardev:console');
    if (!arm) {
      words.push('-chardev', `socket,id=modem,path=${this.modemSocket},server=on,wait=off`);
      words.push('-device', 'isa-serial,chardev=modem,index=1', '-device', 'i6300esb', '-action', 'watchdog=reset');
    }
    words.push('-chardev', `socket,id=shell,path=${join(this.folder, 'shell')},server=on,wait=off`);
    words.push('-device', 'virtio-serial-pci', '-device', 'virtconsole,chardev=shell');
    words.push('-qmp', `unix:${join(this.folder, 'qmp')},server=on,wait=off`);
    if (start.by === 'uefi') words.push('-bios', '/usr/share/OVMF/OVMF_CODE.fd');
    if (start.by === 'kernel')
      words.push('-kernel', start.kernel, '-initrd', start.initramfs, '-append', start.arguments);
    return [...words, ...devices, ...this.#plugged];
  }

  /** QEMU's network, the box's card and the open wire on one segment. */
  #hub(): string[] {
    const port = (id: string, peer = ''): string[] => ['-netdev', `hubport,id=${id},hubid=0${peer}`];
    const wire = `stream,id=wire,server=off,addr.type=unix,addr.path=${this.wireSocket}`;
    return [...port('card'), ...port('net', ',netdev=net0'), '-netdev', wire, ...port('others', ',netdev=wire')];
  }

  get isOn(): boolean {
    return this.#qemu !== undefined && this.#qemu.exitCode === null && this.#qemu.signalCode === null;
  }

  /** Seconds of processor that it has cost since it was switched on: what other work on this machine does not change much. */
  async cost(): Promise<number> {
    const words = (await readFile(`/proc/${this.#qemu?.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
    return (Number(words[11]) + Number(words[12])) / 100;
  }

  /** As pulling the plug: nothing is told, nothing is written any more. */
  async cutPower(): Promise<void> {
    this.#qemu?.kill('SIGKILL');
    await this.#ended;
  }

  /** Ends by itself, after a shut-down. */
  async off(withinMs: number): Promise<void> {
    await this.within(withinMs, 'the machine switches off', this.#ended);
  }

  /** Where a port of the box is on this machine. */
  port(port: BoxPort): number {
    return this.#ports.get(port)!;
  }

  async console(): Promise<string> {
    return readFile(this.#console, 'latin1').catch(() => '');
  }

  /** Until a line of the console matches. */
  async consoleSays(words: RegExp, withinMs: number): Promise<string> {
    return this.until(`the console says ${words}`, withinMs, async () => words.exec(await this.console())?.[0]);
  }

  /** Asks again and again until there is an answer; failures to ask count as none. */
  async until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined | false>): Promise<T> {
    const deadline = performance.now() + withinMs;
    let last: unknown;
    for (;;) {
      if (!this.isOn)
        throw new Error(
          `${what}: QEMU ended (${this.#qemu?.exitCode ?? this.#qemu?.signalCode}): ${this.#complaint}\n${await this.#tail()}`,
        );
      try {
        const answer = await ask();
        if (answer !== undefined && answer !== false) return answer;
      } catch (error) {
        last = error;
      }
      if (performance.now() > deadline) {
        const why = last === undefined ? '' : ` (${String(last)})`;
        throw new Error(`${what}: not within ${withinMs} ms${why}\n${await this.#tail()}`);
      }
      await pause(retryMs);
    }
  }

  async within<T>(withinMs: number, what: string, promise: Promise<T>): Promise<T> {
    const late = pause(withinMs, undefined, { ref: false }).then(async () => {
      throw new Error(`${what}: not within ${withinMs} ms\n${await this.#tail()}`);
    });
    return Promise.race([promise, late]);
  }

  async #tail(): Promise<string> {
    const text = (await this.console()).replaceAll('\r', '').split('\n');
    return `--- end of the console\n${text.slice(-tailLines).join('\n')}`;
  }

  /** Until the box says that it is ready, and every server of it greets. @returns seconds since it was switched on */
  async ready(withinMs: number): Promise<number> {
    // A question that came too early may wait long for QEMU's network to ask again: a later one overtakes it.
    let isReady = false;
    const ask = async (): Promise<void> => {
      const response = await fetch(`http://127.0.0.1:${this.port(80)}/ready`, { signal: AbortSignal.timeout(10_000) });
      isReady ||= response.ok && (await response.text()).trim() === 'ready';
    };
    await this.until('the box is ready', withinMs, async () => {
      const asked = ask();
      await Promise.race([asked, pause(askMs)]).finally(() => asked.catch(() => {}));
      return isReady;
    });
    return (performance.now() - this.startedAt) / 1000;
  }

  /** A command of QEMU's monitor (QMP). @returns its answer */
  async monitor(execute: string, parameters: object = {}): Promise<unknown> {
    const socket = connect(join(this.folder, 'qmp'));
    try {
      const answers = lines(socket);
      await answers.next();
      for (const request of [{ execute: 'qmp_capabilities' }, { execute, arguments: parameters }]) {
        socket.write(JSON.stringify(request));
        for (;;) {
          const { value, done } = await answers.next();
          if (done === true) throw new Error(`the monitor ended at ${execute}`);
          const answer = JSON.parse(value) as { return?: unknown; error?: { desc: string } };
          if (answer.error) throw new Error(`${execute}: ${answer.error.desc}`);
          if (!('return' in answer)) continue;
          if (request.execute === execute) return answer.return;
          break;
        }
      }
      return undefined;
    } finally {
      socket.destroy();
    }
  }

  /**
   * Runs a line of shell as root in the box (only when it was started with `box.debug=hvc0`).
   * @throws with the output when its status is not 0
   */
  async shell(line: string, withinMs = 60_000): Promise<string> {
    const mark = `end-${Math.random().toString(36).slice(2)}`;
    const socket = connect(join(this.folder, 'shell'));
    let text = '';
    const finished = new Promise<{ output: string; status: number }>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error(`the shell ended: ${text}`)));
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const end = new RegExp(`${mark} (\\d+)\\r?\\n`).exec(text);
        if (end)
          resolve({
            output: text.slice(text.indexOf(`${mark}-begin`) + mark.length + 7, end.index),
            status: Number(end[1]),
          });
      });
    });
    finished.catch(() => {});
    socket.write(`\necho ${mark}-begin; (${line}); echo ${mark} $?\n`);
    try {
      const { output, status } = await this.within(withinMs, `the shell does: ${line}`, finished);
      if (status !== 0) throw new Error(`${line}: status ${status}\n${output}`);
      return output.replaceAll('\r', '').trim();
    } finally {
      socket.destroy();
    }
  }
}

async function* lines(socket: Socket): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}
