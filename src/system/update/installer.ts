import type { Clock } from '../../lib/clock.ts';
import type { EventBus } from '../../lib/events.ts';
import type { BoxFacts, Slot } from '../box.ts';
import type { Privileged } from '../privileged/operations.ts';
import { otherSlot } from '../slots/boot-state.ts';
import { BundleError, blockBytes, type Manifest } from './bundle-format.ts';
import { readUpdateKeys } from './bundle-keys.ts';
import { type Bundle, readBundle } from './read-bundle.ts';
import { unsuitable } from './suitable.ts';
import { UpdateError } from './update-error.ts';
import type { UpdateRecord } from './update-record.ts';

export interface InstallerParts {
  readonly privileged: Privileged;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Undefined on a machine that is no box. */
  readonly box: BoxFacts | undefined;
  /** Folder of the public keys. */
  readonly keys: string;
  /** Differs from start to start of the machine. */
  readonly bootId: string;
  readonly record: UpdateRecord;
}

/** An update as it goes into the other slot. */
export interface Progress {
  readonly version: string;
  readonly step: 'writing' | 'checking';
  readonly bytes: number;
  readonly totalBytes: number;
}

/** What an update says of itself, and what was done with it. */
export interface Installation {
  readonly manifest: Manifest;
  /** Name of the key that signed it; undefined when none of ours did. */
  readonly signer: string | undefined;
  /** Where it was installed; undefined on a machine that is no box, where it was only read. */
  readonly slot: Slot | undefined;
}

/**
 * Brings one update after the other into the slot that does not run. What it says of itself is checked here, so that people
 * hear at once what is wrong, and all of it by the privileged helper, which trusts nobody.
 */
export class Installer {
  readonly #parts: InstallerParts;
  #progress: Progress | undefined;
  #isBusy = false;

  constructor(parts: InstallerParts) {
    this.#parts = parts;
  }

  /** Undefined when nothing is being installed, or its beginning was not read yet. */
  get progress(): Progress | undefined {
    return this.#progress;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** @throws UpdateError, PrivilegedError; and what reading the source throws */
  async install(
    source: AsyncIterable<Uint8Array>,
    options: { readonly allowDowngrade: boolean },
  ): Promise<Installation> {
    if (this.#isBusy) throw new UpdateError('unavailable', 'An update is being installed already.');
    this.#isBusy = true;
    try {
      return await this.#installOne(source, options.allowDowngrade);
    } catch (error) {
      throw error instanceof BundleError ? new UpdateError('refused', error.message, { cause: error }) : error;
    } finally {
      this.#isBusy = false;
      this.#progress = undefined;
    }
  }

  async #installOne(source: AsyncIterable<Uint8Array>, allowDowngrade: boolean): Promise<Installation> {
    const { box, keys } = this.#parts;
    const bundle = await readBundle(source, await readUpdateKeys(keys));
    const { manifest, signer } = bundle;
    if (!box) {
      for await (const _ of bundle.blocks());
      return { manifest, signer, slot: undefined };
    }
    if (signer === undefined) throw new UpdateError('refused', notSigned);
    const reason = unsuitable(manifest, box, { allowDowngrade });
    if (reason !== undefined) throw new UpdateError('refused', reason);
    return { manifest, signer, slot: await this.#write(bundle, box, allowDowngrade) };
  }

  async #write(bundle: Bundle, box: BoxFacts, allowDowngrade: boolean): Promise<Slot> {
    const { privileged, clock, events, bootId, record } = this.#parts;
    const { version } = bundle.manifest;
    const at = new Date(clock.now()).toISOString();
    const slot = otherSlot(box.slot);
    await record.change({
      last: { from: box.version, to: version, slot, at, result: 'installing', reason: '', bootId },
    });
    const reading: Reading = { problem: undefined };
    try {
      await privileged.run('update.install', { allowDowngrade }, { input: this.#octets(bundle, reading) });
    } catch (error) {
      // What could not be read is the reason, whatever the helper makes of a half bundle.
      const cause = reading.problem ?? error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      await record.changeLast({ result: 'failed', reason });
      events.emit('update.failed', { version, reason });
      throw cause;
    }
    await record.changeLast({ result: 'installed' });
    events.emit('update.installed', { version, from: box.version, slot });
    return slot;
  }

  /** The bundle, counted as it is taken. The helper looks at every octet; twice would only take longer. */
  async *#octets(bundle: Bundle, reading: Reading): AsyncGenerator<Uint8Array> {
    const { version, sizeBytes: totalBytes } = bundle.manifest;
    let bytes = 0;
    let told = 0;
    try {
      this.#tell({ version, step: 'writing', bytes, totalBytes });
      yield bundle.head;
      for await (const piece of bundle.octets()) {
        yield piece;
        bytes += piece.length;
        if (bytes - told < blockBytes && bytes < totalBytes) continue;
        told = bytes;
        this.#tell({ version, step: 'writing', bytes, totalBytes });
      }
      this.#tell({ version, step: 'checking', bytes, totalBytes });
    } catch (error) {
      reading.problem = error;
      throw error;
    }
  }

  #tell(progress: Progress): void {
    this.#progress = progress;
    this.#parts.events.emit('update.progress', { ...progress });
  }
}

interface Reading {
  problem: unknown;
}

const notSigned = 'The update is not signed by anybody this box trusts; it was changed, or is not for this box.';
