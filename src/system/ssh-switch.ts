import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../lib/clock.ts';
import { removeDurable, writeDurable } from '../lib/durable.ts';
import type { Privileged } from './privileged/operations.ts';

export interface SshState {
  /** When it is switched off again, ms since 1970; undefined while it is off. */
  readonly until: number | undefined;
}

/** SSH is off, or on until a moment that outlives a restart of the machine; then it is switched off. */
export class SshSwitch {
  readonly #privileged: Privileged;
  readonly #clock: Clock;
  readonly #folder: string;
  readonly #file: string;
  readonly #settings: () => { readonly keys: readonly string[]; readonly onFor: number };
  readonly #changed: () => void;
  #until: number | undefined;
  #timer: Timer | undefined;

  constructor(parts: {
    readonly privileged: Privileged;
    readonly clock: Clock;
    /** `identity` of the data folder: holds the moment while it is on, and the key of the host. */
    readonly folder: string;
    readonly settings: () => { readonly keys: readonly string[]; readonly onFor: number };
    /** Told after each switch. */
    readonly changed: () => void;
  }) {
    this.#privileged = parts.privileged;
    this.#clock = parts.clock;
    this.#folder = parts.folder;
    this.#file = join(parts.folder, 'ssh-until');
    this.#settings = parts.settings;
    this.#changed = parts.changed;
  }

  get state(): SshState {
    return { until: this.#until };
  }

  /** Switches it on again when the machine went down while it was on. */
  async start(): Promise<void> {
    const until = Number(await readFile(this.#file, 'utf8').catch(() => ''));
    if (until > this.#clock.now()) await this.#on(until);
    else if (until > 0) await this.set(false);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** @throws PrivilegedError */
  async set(on: boolean): Promise<SshState> {
    if (on) await this.#on(this.#clock.now() + this.#settings().onFor);
    else {
      await this.#privileged.run('ssh.switch', { on: false, keys: [] });
      this.#timer?.cancel();
      this.#until = undefined;
      await removeDurable(this.#file);
      this.#changed();
    }
    return this.state;
  }

  async #on(until: number): Promise<void> {
    await this.#privileged.run('ssh.switch', { on: true, keys: [...this.#settings().keys] });
    await keepHostKey(this.#folder);
    await writeDurable(this.#file, `${until}\n`);
    this.#until = until;
    this.#changed();
    this.#timer?.cancel();
    this.#timer = this.#clock.timer(until - this.#clock.now(), () => void this.set(false).catch(() => {}));
  }
}

/** The helper makes the key in memory at the first time; that it stays the same is the program's care. */
async function keepHostKey(folder: string): Promise<void> {
  const key = await readFile('/run/ssh/host_key').catch(() => undefined);
  const kept = join(folder, 'ssh_host_ed25519');
  const there = await readFile(kept).catch(() => undefined);
  if (key && !there?.equals(key)) await writeDurable(kept, key);
}
