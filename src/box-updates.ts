import { readFile } from 'node:fs/promises';
import { type UpdateAdmin, updateAdmin } from './admin/update-admin.ts';
import type { BoxSystem, Machine } from './box-system.ts';
import type { ConfigStore } from './config/config-store.ts';
import type { Clock } from './lib/clock.ts';
import type { EventBus } from './lib/events.ts';
import { updateKeysFolder } from './system/update/bundle-keys.ts';
import type { FormerData } from './system/update/former-data.ts';
import { Updater } from './system/update/updater.ts';

/** Differs from start to start of the machine. */
const bootIdFile = '/proc/sys/kernel/random/boot_id';

export interface BoxUpdatesParts {
  readonly machine: Machine;
  readonly data: string;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly config: ConfigStore;
  readonly system: BoxSystem;
  /** What another version left. */
  readonly former: FormerData;
}

/** The updates of the box, wired to its settings, health and helper. */
export class BoxUpdates {
  readonly api: UpdateAdmin;
  readonly updater: Updater;
  readonly #parts: BoxUpdatesParts;
  #stopFollowing = (): void => {};

  private constructor(parts: BoxUpdatesParts, updater: Updater) {
    this.#parts = parts;
    this.updater = updater;
    this.api = updateAdmin({
      updater,
      box: parts.machine.facts,
      version: parts.machine.version,
      restartHour: () => parts.config.config.system.update.hour,
    });
  }

  static async open(parts: BoxUpdatesParts): Promise<BoxUpdates> {
    const { machine, data, clock, events, config, system } = parts;
    const updater = await Updater.open({
      privileged: machine.privileged,
      settings: () => ({ ...config.config.system.update, zone: config.config.system.time.zone }),
      clock,
      events,
      random: Math.random,
      folder: data,
      isWell: () => system.isAlive(),
      box: machine.facts,
      keys: updateKeysFolder,
      bootId: (await readFile(bootIdFile, 'utf8')).trim(),
      fetch,
    });
    return new BoxUpdates(parts, updater);
  }

  start(): void {
    const { former, events, config } = this.#parts;
    for (const name of former.restored) {
      events.emit('data.restored', { name, newerVersion: former.newerVersion ?? '' });
    }
    this.updater.start();
    this.#stopFollowing = config.onChange((_config, paths) => {
      if (paths.some((path) => path.startsWith('system.update'))) this.updater.reconfigure();
    });
  }

  async stop(): Promise<void> {
    this.#stopFollowing();
    await this.updater.stop();
  }
}
