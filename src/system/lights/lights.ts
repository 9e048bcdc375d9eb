import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { BoxEvent, EventBus } from '../../lib/events.ts';
import type { OperationParameters, Privileged } from '../privileged/operations.ts';
import { boardFile, boardLights } from './board-document.ts';

/** What the lights say. */
export interface BoxSigns {
  /** A fax line is on a call. */
  readonly busy: boolean;
  /** Something is not well. */
  readonly fault: boolean;
}

export interface LightsParts {
  readonly privileged: Privileged;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly signs: () => Promise<BoxSigns>;
  readonly boardFile?: string;
}

/** Events are gathered for so long: a call that begins and changes costs one look. */
const gatherMs = 1000;
/** What changes without an event is seen so often. */
const refreshMs = 60_000;
/** What may change a light. */
const telling = /^(?:line|health|config|update|backup|account|box)\./;

/** The lights of the case: what its board says of them is shown by the privileged helper. Elsewhere there are none. */
export class Lights {
  readonly #parts: LightsParts;
  #shown: OperationParameters<'lights.show'> | undefined;
  #begun: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  /** A look that an event asked for comes before the next regular one. */
  #isSoon = false;
  #faultTold = false;
  #stopped = false;
  #stopListening: () => void = () => {};

  constructor(parts: LightsParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.privileged.isBox) this.#begun = this.#begin();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    this.#timer?.cancel();
    await this.#begun;
  }

  async #begin(): Promise<void> {
    try {
      const board: unknown = JSON.parse(await readFile(this.#parts.boardFile ?? boardFile, 'utf8'));
      if (boardLights(board).length === 0 || this.#stopped) return;
    } catch (error) {
      this.#fault(error);
      return;
    }
    this.#stopListening = this.#parts.events.on((event) => this.#noticed(event));
    await this.#look();
  }

  #noticed({ name, fields }: BoxEvent): void {
    // From here on nothing is asked of the box, whose parts are closed one by one.
    if (name === 'box.stopping') this.#stopped = true;
    if (this.#isSoon || this.#stopped || !telling.test(name)) return;
    // Its own trouble is no news.
    if (name === 'box.fault' && 'where' in fields && fields.where === where) return;
    this.#isSoon = true;
    this.#lookIn(gatherMs);
  }

  #lookIn(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.timer(ms, () => {
      this.#isSoon = false;
      this.#begun = this.#begun.then(() => this.#look());
    });
  }

  async #look(): Promise<void> {
    if (this.#stopped) return;
    try {
      const wanted = { running: true, ...(await this.#parts.signs()) };
      if (!this.#stopped && !isDeepStrictEqual(wanted, this.#shown)) {
        await this.#parts.privileged.run('lights.show', wanted);
        this.#shown = wanted;
      }
      this.#faultTold = false;
    } catch (error) {
      this.#shown = undefined;
      this.#fault(error);
    }
    if (!this.#stopped && !this.#isSoon) this.#lookIn(refreshMs);
  }

  /** Once, until the lights obey again. */
  #fault(error: unknown): void {
    if (this.#faultTold) return;
    this.#faultTold = true;
    this.#parts.events.emit('box.fault', { where, error: error instanceof Error ? error.message : String(error) });
  }
}

const where = 'lights';
