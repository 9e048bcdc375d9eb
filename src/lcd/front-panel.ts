import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/schema.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { BoxEvent, EventBus } from '../lib/events.ts';
import { perform } from './actions.ts';
import { frameOf, type Screen, type Size } from './frame.ts';
import { LcdprocClient } from './lcdproc-client.ts';
import type { KeyName, Picture } from './lcdproc-session.ts';
import { type Doing, nobodyThere, type Place, pressed, said, screenAt, titleOf } from './navigation.ts';
import { type PanelSources, type PanelState, readPanelState } from './panel-state.ts';
import { lightsOf, stoppingScreen } from './screens.ts';

/** Events are gathered for so long before the state is read: a burst costs one reading. */
const gatherMs = 250;
/** The state is read at least so often: addresses, disk and time of day change without an event. */
const refreshMs = 10_000;
/** Text that does not fit moves by one character in so long. */
const stepMs = 500;
/** Steps that each of several screens is shown when nobody is there. */
const stepsPerTurn = 12;
/** After so long without a key nobody is there. */
const idleMs = 60_000;

export interface FrontPanelParts extends PanelSources {
  readonly config: Config['system']['lcd'];
  readonly events: EventBus;
  readonly clock: Clock;
}

/**
 * The display on the box: listens to what happens, shows the screen that matters most, and lets a person walk through the
 * others with the keys. Nothing is read or drawn while there is no display.
 */
export class FrontPanel {
  readonly #parts: FrontPanelParts;
  readonly #client: LcdprocClient;
  #size: Size | undefined;
  #state: PanelState | undefined;
  #place: Place = nobodyThere;
  #screen: Screen | undefined;
  #picture: Picture | undefined;
  /** That it is another picture than was last asked for. */
  #isTold = true;
  /** Steps since the screen came up; since nobody is there. */
  #step = 0;
  #idleStep = 0;
  #stopping = false;
  /** Something that the keys asked for is being done. */
  #doing = false;
  #reading = false;
  #lastReading: Promise<void> = Promise.resolve();
  #readAgain = false;
  /** A reading that fails is told once, until one works. */
  #failureTold = false;
  #timers: { gather?: Timer; refresh?: Timer; step?: Timer; idle?: Timer } = {};
  #stopListening: () => void = () => {};

  constructor(parts: FrontPanelParts) {
    this.#parts = parts;
    this.#client = new LcdprocClient({
      host: parts.config.host,
      port: parts.config.port,
      clock: parts.clock,
      events: parts.events,
      ready: (size) => this.#begin(size),
      lost: () => this.#end(),
      key: (key) => this.#key(key),
    });
  }

  /** What the display shows now; nothing while there is none. When it shows something else, `lcd.drawn` tells it once. */
  picture(): Picture | undefined {
    this.#isTold = false;
    return this.#picture;
  }

  start(): void {
    this.#stopListening = this.#parts.events.on((event) => this.#noticed(event));
    this.#client.start();
  }

  /** Leaves the display to LCDd. Best after all else: until then it says that the box stops (`box.stopping`). */
  async stop(): Promise<void> {
    this.#stopListening();
    this.#sayStopping();
    await this.#client.stop();
    await this.#lastReading;
  }

  /** From here on nothing is asked of the box, whose parts are closed one by one. */
  #sayStopping(): void {
    this.#stopping = true;
    this.#cancelTimers();
    this.#draw();
  }

  #begin(size: Size): void {
    this.#size = size;
    this.#place = nobodyThere;
    this.#screen = undefined;
    this.#read();
  }

  #end(): void {
    this.#size = undefined;
    this.#screen = undefined;
    this.#picture = undefined;
    this.#cancelTimers();
  }

  #cancelTimers(): void {
    for (const timer of Object.values(this.#timers)) timer.cancel();
    this.#timers = {};
  }

  #noticed({ name }: BoxEvent): void {
    if (name === 'box.stopping') this.#sayStopping();
    if (!this.#size || this.#stopping || this.#timers.gather || /^(?:session|store|lcd)\./.test(name)) return;
    this.#timers.gather = this.#parts.clock.timer(gatherMs, () => {
      delete this.#timers.gather;
      this.#read();
    });
  }

  /** One reading at a time; what happens meanwhile is read after it. */
  #read(): void {
    if (!this.#size || this.#stopping) return;
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    const { clock, events } = this.#parts;
    this.#reading = true;
    this.#lastReading = readPanelState(this.#parts, clock.now())
      .then(
        (state) => {
          this.#failureTold = false;
          this.#state = state;
          this.#draw();
        },
        (error: unknown) => {
          if (!this.#failureTold) events.emit('box.fault', { where: 'front panel', error: String(error) });
          this.#failureTold = true;
        },
      )
      .finally(() => {
        this.#reading = false;
        this.#timers.refresh?.cancel();
        delete this.#timers.refresh;
        if (this.#readAgain) {
          this.#readAgain = false;
          this.#read();
        } else if (this.#size && !this.#stopping) {
          this.#timers.refresh = clock.timer(refreshMs, () => this.#read());
        }
      });
  }

  #key(key: KeyName): void {
    if (!this.#size || !this.#state || this.#stopping) return;
    const before = this.#place;
    this.#place = pressed(before, key, this.#state, { ...this.#size, turn: this.#turn() });
    this.#somebodyThere();
    if (this.#place.kind === 'doing' && this.#place !== before) void this.#do(this.#place, this.#state);
    this.#draw();
  }

  #somebodyThere(): void {
    this.#idleStep = 0;
    this.#timers.idle?.cancel();
    this.#timers.idle = this.#parts.clock.timer(idleMs, () => {
      delete this.#timers.idle;
      this.#place = nobodyThere;
      this.#draw();
    });
  }

  /** Says what became of it, unless the person walked on meanwhile. */
  async #do(doing: Doing, state: PanelState): Promise<void> {
    const title = titleOf(doing, state);
    let sentence = 'Something else is being done. Please wait for it.';
    if (!this.#doing) {
      this.#doing = true;
      sentence = await perform(doing.action, this.#parts).catch((error: Error) => `Not done: ${error.message}`);
      this.#doing = false;
    }
    if (!this.#size || this.#stopping) return;
    this.#read();
    if (this.#place !== doing) return;
    this.#place = said(doing, title, sentence, this.#size.height);
    this.#somebodyThere();
    this.#draw();
  }

  #turn(): number {
    return Math.floor(this.#idleStep / stepsPerTurn);
  }

  #draw(): void {
    if (!this.#size || !this.#state) return;
    const { width } = this.#size;
    const screen = this.#stopping ? stoppingScreen(width) : screenAt(this.#place, this.#state, width, this.#turn());
    if (screen.id !== this.#screen?.id) this.#step = 0;
    this.#screen = screen;
    const picture = { frame: frameOf(screen, this.#size, this.#step), lights: lightsOf(this.#state) };
    this.#client.show(picture);
    if (!this.#isTold && !isDeepStrictEqual(picture, this.#picture)) {
      this.#isTold = true;
      this.#parts.events.emit('lcd.drawn', {});
    }
    this.#picture = picture;
    if (!this.#timers.step && !this.#stopping) {
      this.#timers.step = this.#parts.clock.timer(stepMs, () => {
        delete this.#timers.step;
        this.#step++;
        if (this.#place.kind === 'chosen') this.#idleStep++;
        this.#draw();
      });
    }
  }
}
