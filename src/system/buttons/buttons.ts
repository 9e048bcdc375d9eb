import { readFile } from 'node:fs/promises';
import type { Clock } from '../../lib/clock.ts';
import type { EventBus } from '../../lib/events.ts';
import { boardFile } from '../lights/board-document.ts';
import type { Privileged } from '../privileged/operations.ts';
import { type BoardButton, boardButtons } from './board-buttons.ts';
import { Hold } from './hold.ts';
import { InputDevices, type InputPlaces } from './input-devices.ts';
import { type InputEvent, inputTypes, synDropped } from './input-events.ts';

/** The same as `caselli system shutdown` and `caselli system factory-reset` ask for. */
const operations = { 'shut-down': 'power.off', 'factory-reset': 'factory.reset' } as const;

export interface ButtonsParts {
  readonly privileged: Privileged;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly boardFile?: string;
  readonly input?: InputPlaces;
}

/** The buttons of the box: what its board says of them is done when one is held for long enough. Elsewhere there are none. */
export class Buttons {
  readonly #parts: ButtonsParts;
  #holds: readonly { readonly button: BoardButton; readonly hold: Hold }[] = [];
  #devices: InputDevices | undefined;
  #begun: Promise<void> = Promise.resolve();
  #isActing = false;
  #stopped = false;

  constructor(parts: ButtonsParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#parts.privileged.isBox) this.#begun = this.#begin().catch((error) => this.#fault(error));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#begun;
    await this.#devices?.stop();
    for (const { hold } of this.#holds) hold.release();
  }

  async #begin(): Promise<void> {
    const { clock, input } = this.#parts;
    const buttons = boardButtons(JSON.parse(await readFile(this.#parts.boardFile ?? boardFile, 'utf8')));
    if (buttons.length === 0 || this.#stopped) return;
    this.#holds = buttons.map((button) => ({
      button,
      hold: new Hold(clock, button.holdMs, () => void this.#act(button)),
    }));
    const listener = {
      events: (name: string, events: readonly InputEvent[]) => {
        for (const event of events) this.#happened(name, event);
      },
      gone: (name: string) => this.#letGo(name),
      fault: (error: unknown) => this.#fault(error),
    };
    this.#devices = new InputDevices(new Set(buttons.map((button) => button.input)), listener, clock, input);
    this.#devices.start();
  }

  #happened(name: string, { type, code, value }: InputEvent): void {
    // That it was let go may be among what was lost.
    if (type === inputTypes.EV_SYN && code === synDropped) this.#letGo(name);
    if (type !== inputTypes.EV_KEY) return;
    for (const { button, hold } of this.#holds) {
      if (button.input !== name || button.key !== code) continue;
      if (value === 1) hold.press();
      if (value === 0) hold.release();
    }
  }

  #letGo(name: string): void {
    for (const { button, hold } of this.#holds) if (button.input === name) hold.release();
  }

  /** Once: what was begun is not asked for again, unless it failed. */
  async #act({ input, does }: BoardButton): Promise<void> {
    if (this.#isActing || this.#stopped) return;
    this.#isActing = true;
    this.#parts.events.emit('button.pressed', { button: input, does });
    try {
      await this.#parts.privileged.run(operations[does], {});
    } catch (error) {
      this.#isActing = false;
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.events.emit('box.fault', { where: 'buttons', error: message });
  }
}
