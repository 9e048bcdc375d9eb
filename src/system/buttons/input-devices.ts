import { type ChildProcess, spawn } from 'node:child_process';
import { type FSWatcher, watch } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../lib/clock.ts';
import { type InputEvent, InputEventDecoder } from './input-events.ts';

/** Where input devices are: their nodes, and what the kernel says of each. */
export interface InputPlaces {
  readonly nodes: string;
  readonly facts: string;
}

export const inputPlaces: InputPlaces = { nodes: '/dev/input', facts: '/sys/class/input' };

/** After something that no change of the folder will tell of: a device that ended, a folder that is not there. */
const retryMs = 30_000;

/** A device may be away, or not be given to this program yet: it is tried again when the folder changes. */
const awayCodes = new Set(['ENOENT', 'EACCES', 'ENODEV', 'ENXIO']);

export interface InputListener {
  events(name: string, events: readonly InputEvent[]): void;
  /** The device went away; what was held there is held no more. */
  gone(name: string): void;
  fault(error: unknown): void;
}

/**
 * Reads the input devices of some names, those too that come later. The folder of their nodes is watched, so that nothing
 * is asked while nothing happens. A read of such a device lasts until a key is pressed, so each has a process that waits
 * in it: here it would hold up a thread that files need, and the end of the program. (`setpriv` ends it with this one.)
 */
export class InputDevices {
  readonly #names: ReadonlySet<string>;
  readonly #listener: InputListener;
  readonly #clock: Clock;
  readonly #places: InputPlaces;
  readonly #readers = new Map<string, { readonly child: ChildProcess; readonly ended: Promise<void> }>();
  #watcher: FSWatcher | undefined;
  #retry: Timer | undefined;
  #turn: Promise<void> = Promise.resolve();
  #lookIsDue = false;
  #stopped = false;

  constructor(names: ReadonlySet<string>, listener: InputListener, clock: Clock, places: InputPlaces = inputPlaces) {
    this.#names = names;
    this.#listener = listener;
    this.#clock = clock;
    this.#places = places;
  }

  start(): void {
    this.#look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#unwatch();
    await this.#turn;
    const readers = [...this.#readers.values()];
    for (const { child } of readers) child.kill('SIGKILL');
    await Promise.all(readers.map(({ ended }) => ended));
  }

  /** One look at a time; what changes while it is under way is seen by the next one. */
  #look(): void {
    if (this.#lookIsDue || this.#stopped) return;
    this.#lookIsDue = true;
    this.#turn = this.#turn.then(async () => {
      this.#lookIsDue = false;
      try {
        this.#watch();
        for (const node of await readdir(this.#places.nodes)) await this.#consider(node);
      } catch (error) {
        if (!isAway(error)) this.#listener.fault(error);
        this.#unwatch();
        this.#lookLater();
      }
    });
  }

  /** Before the look, so that nothing is missed. @throws when the folder is not there */
  #watch(): void {
    if (this.#watcher || this.#stopped) return;
    this.#watcher = watch(this.#places.nodes, () => this.#look());
    this.#watcher.on('error', (error) => {
      this.#listener.fault(error);
      this.#unwatch();
      this.#lookLater();
    });
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #lookLater(): void {
    if (this.#stopped) return;
    this.#retry?.cancel();
    this.#retry = this.#clock.timer(retryMs, () => this.#look());
  }

  async #consider(node: string): Promise<void> {
    if (this.#stopped || !/^event\d+$/.test(node) || this.#readers.has(node)) return;
    try {
      const name = (await readFile(join(this.#places.facts, node, 'device/name'), 'utf8')).trim();
      if (this.#names.has(name)) await this.#read(node, name);
    } catch (error) {
      if (!isAway(error)) this.#listener.fault(error);
    }
  }

  async #read(node: string, name: string): Promise<void> {
    await using handle = await open(join(this.#places.nodes, node), 'r');
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'cat'], { stdio: [handle.fd, 'pipe', 'ignore'] });
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    child.on('error', (error) => {
      this.#listener.fault(error);
      resolve();
    });
    child.on('close', () => resolve());
    const decoder = new InputEventDecoder();
    child.stdout?.on('data', (chunk: Buffer) => this.#listener.events(name, decoder.push(chunk)));
    this.#readers.set(node, { child, ended: ended.then(() => this.#ended(node, name)) });
  }

  #ended(node: string, name: string): void {
    this.#readers.delete(node);
    this.#listener.gone(name);
    this.#lookLater();
  }
}

function isAway(error: unknown): boolean {
  return awayCodes.has((error as NodeJS.ErrnoException).code ?? '');
}
