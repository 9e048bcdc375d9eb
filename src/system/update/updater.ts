import { join } from 'node:path';
import type { Timer } from '../../lib/clock.ts';
import type { BoxFacts } from '../box.ts';
import { type OperationResult, PrivilegedError } from '../privileged/operations.ts';
import { Confirmation } from '../slots/confirmation.ts';
import { readUpdateKeys } from './bundle-keys.ts';
import { forgetFormerData } from './former-data.ts';
import { type Installation, Installer, type InstallerParts, type Progress } from './installer.ts';
import { needsSlots, outcomeOf } from './outcome.ts';
import { readBundle } from './read-bundle.ts';
import { hourIn, nextCheckAt } from './schedule.ts';
import { withBestOnSticks } from './stick.ts';
import { unsuitable } from './suitable.ts';
import { UpdateError } from './update-error.ts';
import { type FoundUpdate, type LastUpdate, UpdateRecord } from './update-record.ts';
import { askSource, bestOffer } from './update-source.ts';
import { isNewer } from './version.ts';

/** Settings, asked for each time. */
export interface UpdateSettings {
  readonly url: string;
  readonly check: 'off' | 'daily' | 'weekly';
  readonly install: boolean;
  readonly hour: number;
  readonly zone: string;
}

export interface UpdaterParts extends Omit<InstallerParts, 'record'> {
  readonly settings: () => UpdateSettings;
  /** 0 to below 1. */
  readonly random: () => number;
  /** The data folder: `update.json` is in it. */
  readonly folder: string;
  /** What the last health check found. */
  readonly isWell: () => boolean;
  readonly fetch: typeof globalThis.fetch;
}

export interface UpdateState {
  readonly last: LastUpdate | undefined;
  readonly found: FoundUpdate | undefined;
  /** ISO 8601; empty for never. */
  readonly checkedAt: string;
  readonly checkProblem: string;
  readonly progress: Progress | undefined;
  /** The running system has said that it is well. */
  readonly confirmed: boolean;
}

type Options = { readonly allowDowngrade: boolean };

/** Whether it is time for something is asked so often. */
const tickMs = 5 * 60_000;
/** Health is asked for so often until the running system is confirmed. */
const healthPauseMs = 5000;
/** An update that failed is not tried by itself again within: the next day at the same hour. */
const retryAfterMs = 20 * 60 * 60_000;

/**
 * Updates of the box: finds them, installs them into the slot that does not run, starts the box again at the chosen hour,
 * confirms the system that runs when it is well, and tells when an update did not come up.
 */
export class Updater {
  readonly #parts: UpdaterParts;
  readonly #record: UpdateRecord;
  readonly #installer: Installer;
  readonly #confirmation: Confirmation | undefined;
  readonly #didRollBack: boolean;
  #timer: Timer | undefined;
  #healthTimer: Timer | undefined;
  #nextCheckAt = 0;
  #tick: Promise<void> = Promise.resolve();

  private constructor(parts: UpdaterParts, record: UpdateRecord, didRollBack: boolean) {
    this.#parts = parts;
    this.#record = record;
    this.#didRollBack = didRollBack;
    this.#installer = new Installer({ ...parts, record });
    const onTrial = record.content.last?.result === 'trial';
    if (parts.box) this.#confirmation = new Confirmation({ ...parts, onTrial, confirm: () => this.#confirm() });
  }

  /** Finds out what became of the last update; nothing is planned before `start`. */
  static async open(parts: UpdaterParts): Promise<Updater> {
    const record = await UpdateRecord.open(join(parts.folder, 'update.json'));
    const before = record.content.last?.result;
    if (parts.box) await settle(parts, record, parts.box);
    const after = record.content.last?.result;
    return new Updater(parts, record, after === 'rolled-back' && before !== after);
  }

  start(): void {
    const { box, events } = this.#parts;
    if (!box) return;
    const { last } = this.#record.content;
    if (this.#didRollBack && last) events.emit('update.rolled-back', { version: last.to, running: box.version });
    this.reconfigure();
    this.#tickLater();
    this.#watchHealth();
  }

  /** Resolves when nothing runs; an update that is being written is not waited for: it can be begun anew. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#healthTimer?.cancel();
    this.#confirmation?.stop();
    if (!this.#installer.isBusy) await this.#tick;
  }

  /** To be called when settings were changed. */
  reconfigure(): void {
    const { settings, clock, random } = this.#parts;
    const { check } = settings();
    const { checkedAt, checkProblem } = this.#record.content;
    const last = { checkedAt: checkedAt === '' ? undefined : Date.parse(checkedAt), failed: checkProblem !== '' };
    this.#nextCheckAt = check === 'off' ? Number.POSITIVE_INFINITY : nextCheckAt(last, check, clock.now(), random());
  }

  get state(): UpdateState {
    const { last, found, checkedAt, checkProblem } = this.#record.content;
    const { progress } = this.#installer;
    return { last, found, checkedAt, checkProblem, progress, confirmed: this.#confirmation?.confirmed ?? false };
  }

  /** Both systems. @throws PrivilegedError */
  slots(): Promise<OperationResult<'slots.read'>> {
    return this.#parts.privileged.run('slots.read', {});
  }

  /** @throws UpdateError, PrivilegedError; and what reading the source throws */
  install(source: AsyncIterable<Uint8Array>, options: Options): Promise<Installation> {
    return this.#installer.install(source, options);
  }

  /** @throws UpdateError, PrivilegedError */
  async installFromStick(options: Options): Promise<Installation> {
    const { privileged, box } = this.#parts;
    const keys = await readUpdateKeys(this.#parts.keys);
    return withBestOnSticks(privileged, { board: box?.board ?? '', keys }, (content) => this.install(content, options));
  }

  /** From the configured address; what is newest there. @throws UpdateError, PrivilegedError, SourceError */
  async installFromUrl(options: Options): Promise<Installation> {
    const url = this.#url();
    const { fetch, clock } = this.#parts;
    const box = this.#box(`look for an update at ${url} and install it`);
    const answer = await askSource(url, fetch, clock);
    if (answer.kind === 'bundle') return this.install(answer.content, options);
    const offer = bestOffer(answer.offers, url, box);
    if (!offer) throw new UpdateError('unavailable', `There is no newer version at ${url}.`);
    const bundle = await askSource(offer.url, fetch, clock);
    if (bundle.kind === 'index') throw new UpdateError('unavailable', `There is no update at ${offer.url}.`);
    return this.install(bundle.content, options);
  }

  /** Looks at the configured address and keeps what was found. @throws UpdateError, SourceError */
  async check(): Promise<FoundUpdate | undefined> {
    const url = this.#url();
    const checkedAt = new Date(this.#parts.clock.now()).toISOString();
    try {
      const found = await this.#look(url, checkedAt);
      const isNews = found !== undefined && found.version !== this.#record.content.found?.version;
      await this.#record.change({ checkedAt, checkProblem: '', found });
      if (isNews) this.#parts.events.emit('update.found', { version: found.version, url: found.url });
      return found;
    } catch (error) {
      await this.#record.change({ checkedAt, checkProblem: (error as Error).message });
      throw error;
    } finally {
      this.reconfigure();
    }
  }

  async #look(url: string, at: string): Promise<FoundUpdate | undefined> {
    const { fetch, clock, keys } = this.#parts;
    const box = this.#box(`look for an update at ${url}`);
    const answer = await askSource(url, fetch, clock);
    if (answer.kind === 'index') {
      const offer = bestOffer(answer.offers, url, box);
      return offer && { version: offer.version, url: offer.url, notes: offer.notes, at };
    }
    try {
      const { manifest, signer } = await readBundle(answer.content, await readUpdateKeys(keys));
      if (signer === undefined || unsuitable(manifest, box, { allowDowngrade: false })) return undefined;
      return { version: manifest.version, url, notes: manifest.notes, at };
    } finally {
      await answer.content.return(undefined);
    }
  }

  #box(would: string): BoxFacts {
    const { box } = this.#parts;
    if (box) return box;
    throw new PrivilegedError('no-box', `This machine is no Caselli box: here it would ${would}.`);
  }

  #url(): string {
    const { url } = this.#parts.settings();
    if (url !== '') return url;
    throw new UpdateError('unavailable', 'No address of updates is set: caselli config set system.update.url ADDRESS');
  }

  #watchHealth(): void {
    const { clock, isWell } = this.#parts;
    if (this.#confirmation?.confirmed) return;
    this.#confirmation?.health(isWell());
    this.#healthTimer = clock.timer(healthPauseMs, () => this.#watchHealth());
  }

  async #confirm(): Promise<void> {
    const { privileged, events, folder, box } = this.#parts;
    await privileged.run('slots.confirm', {});
    await forgetFormerData(folder);
    const { last } = this.#record.content;
    if (last?.result !== 'trial') return;
    await this.#record.changeLast({ result: 'confirmed' });
    events.emit('update.confirmed', { version: last.to, slot: box!.slot });
  }

  #tickLater(): void {
    this.#timer = this.#parts.clock.timer(tickMs, () => {
      this.#tick = this.#whatIsDue()
        .catch((error) => this.#parts.events.emit('box.fault', { where: 'updates', error: String(error) }))
        .finally(() => this.#tickLater());
    });
  }

  async #whatIsDue(): Promise<void> {
    const { settings, clock } = this.#parts;
    const { url, install, hour, zone } = settings();
    if (url !== '' && clock.now() >= this.#nextCheckAt) await this.check().catch(() => {}); // status shows why
    if (hourIn(zone, clock.now()) !== hour || this.#installer.isBusy) return;
    const { found } = this.#record.content;
    if (install && url !== '' && found && this.#mayTry(found)) {
      await this.installFromUrl({ allowDowngrade: false }).catch(() => {}); // update.failed says why
    }
    if (this.#record.content.last?.result === 'installed') await this.#parts.privileged.run('reboot', {});
  }

  /** Not again what did not come up, and what failed only after a day. */
  #mayTry(found: FoundUpdate): boolean {
    const { box, clock } = this.#parts;
    const { last } = this.#record.content;
    if (!box || !isNewer(found.version, box.version)) return false;
    if (last?.to !== found.version) return true;
    if (last.result === 'failed') return clock.now() - Date.parse(last.at) > retryAfterMs;
    return last.result === 'interrupted';
  }
}

async function settle({ privileged, bootId }: UpdaterParts, record: UpdateRecord, box: BoxFacts): Promise<void> {
  const { last } = record.content;
  if (!last) return;
  const slots = needsSlots(last, box) ? await privileged.run('slots.read', {}).catch(() => undefined) : undefined;
  const result = outcomeOf(last, { slot: box.slot, version: box.version, bootId, slots: slots?.slots ?? [] });
  if (result !== last.result) await record.changeLast({ result });
}
