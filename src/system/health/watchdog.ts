import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import type { Clock, Timer } from '../../lib/clock.ts';

export const watchdogDevice = '/dev/watchdog';
/** The process that feeds the watchdog while the system starts, written by `rc.boot`. */
const feederFile = '/run/caselli/watchdog-feeder';

const feedMs = 10_000;

/**
 * Feeds the hardware watchdog of the machine, which resets it when nobody does for a minute: only while `well` says so, so
 * that a program that hangs, or whose parts do not work, is started anew with its machine.
 */
export class Watchdog {
  readonly #device: string;
  readonly #clock: Clock;
  readonly #well: () => boolean;
  #handle: FileHandle | undefined;
  #timer: Timer | undefined;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: { readonly clock: Clock; readonly well: () => boolean; readonly device?: string }) {
    this.#clock = parts.clock;
    this.#well = parts.well;
    this.#device = parts.device ?? watchdogDevice;
  }

  /** Takes the device over and begins. Without a device nothing is done; one that is taken is tried again. */
  start(): void {
    this.#next();
  }

  /** Whether the device is held. */
  get active(): boolean {
    return this.#handle !== undefined;
  }

  /** Tells the hardware that nobody will feed it, and that this is right. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#turn;
    await this.#handle?.write('V').catch(() => {});
    await this.#handle?.close().catch(() => {});
    this.#handle = undefined;
  }

  #next(): void {
    if (this.#stopped) return;
    if (this.#well()) this.#turn = this.#turn.then(() => this.#feed()).catch(() => {});
    this.#timer = this.#clock.timer(feedMs, () => this.#next());
  }

  async #feed(): Promise<void> {
    this.#handle ??= await this.#open();
    await this.#handle?.write('.');
  }

  async #open(): Promise<FileHandle | undefined> {
    await endFeeder();
    return open(this.#device, constants.O_WRONLY).catch((error) => {
      if (['ENOENT', 'EBUSY', 'ENODEV', 'ENXIO', 'EACCES'].includes(error.code)) return undefined;
      throw error;
    });
  }
}

/** Ended without a farewell, so that the watchdog goes on counting between the two. */
async function endFeeder(): Promise<void> {
  const pid = Number(await readFile(feederFile, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const name = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!name.includes('watchdog')) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
