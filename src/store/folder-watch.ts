import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Place } from './mailbox-index.ts';

/** How often a folder is looked at where the system cannot watch it (its watches are used up). */
const pollMs = 60_000;

export interface SeenName {
  readonly place: Place;
  readonly fileName: string;
}

/** Names seen in one turn beyond which it is cheaper to look at the whole folder. */
const namesLimit = 1000;

/**
 * Watches `new` and `cur` of one folder for names that come and go. What was seen while a look is under way is told at
 * once after it.
 */
export class FolderWatch {
  readonly #watchers: FSWatcher[] = [];
  readonly #look: (names: readonly SeenName[] | 'all') => Promise<void>;
  readonly #clock: Clock;
  #seen: SeenName[] | 'all' = [];
  #looking = false;
  #stopped = false;
  #poll: Timer | undefined;

  /** @param look asks what the names mean; must not throw. */
  constructor(directory: string, clock: Clock, look: (names: readonly SeenName[] | 'all') => Promise<void>) {
    this.#look = look;
    this.#clock = clock;
    try {
      for (const place of ['new', 'cur'] as const) {
        const watcher = watch(join(directory, place), { persistent: false }, (_, fileName) => {
          this.#note(fileName === null ? 'all' : { place, fileName });
        });
        watcher.on('error', () => this.#pollInstead());
        this.#watchers.push(watcher);
      }
    } catch {
      this.#pollInstead();
    }
    this.#note('all');
  }

  stop(): void {
    this.#stopped = true;
    this.#poll?.cancel();
    for (const watcher of this.#watchers) watcher.close();
  }

  #note(name: SeenName | 'all'): void {
    if (name === 'all' || this.#seen === 'all' || this.#seen.length >= namesLimit) this.#seen = 'all';
    else this.#seen.push(name);
    if (!this.#looking && !this.#stopped) void this.#lookAll();
  }

  async #lookAll(): Promise<void> {
    this.#looking = true;
    while (this.#seen.length > 0 && !this.#stopped) {
      const names = this.#seen;
      this.#seen = [];
      await this.#look(names);
    }
    this.#looking = false;
  }

  #pollInstead(): void {
    if (this.#poll || this.#stopped) return;
    this.#poll = this.#clock.timer(pollMs, () => {
      this.#poll = undefined;
      this.#note('all');
      this.#pollInstead();
    });
  }
}
