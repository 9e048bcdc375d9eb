import { displayText } from './fit.ts';
import type { Frame, Size } from './frame.ts';

/**
 * The dialogue with LCDproc's server LCDd, protocol 0.3, without sockets: lines in, lines out. Every command has one
 * answer, in order; keys and the like come between them. The next picture is sent when all answers to the last one are
 * there, so that a slow display gets fewer pictures and never a queue of them.
 */

/** The six keys of a front panel, as LCDd names them. */
export const keyNames = ['Up', 'Down', 'Left', 'Right', 'Enter', 'Escape'] as const;
export type KeyName = (typeof keyNames)[number];

/** Lights of the panel, from top to bottom. */
export type Light = 'off' | 'green' | 'red';

export interface Picture {
  readonly frame: Frame;
  readonly lights: readonly Light[];
}

/** A line from LCDd. */
export type ServerLine =
  | { readonly kind: 'connected'; readonly size: Size; readonly cellWidth: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'key'; readonly key: string }
  /** Which screen it shows, that it ends, and what later versions may tell: no answer to anything. */
  | { readonly kind: 'notice' };

/** Larger displays are used in part. */
const largest: Size = { width: 40, height: 8 };

export function parseServerLine(line: string): ServerLine {
  const [word, ...rest] = line.split(' ');
  switch (word) {
    case 'connect': {
      const number = (name: string): number => Number(/^\d{1,4}$/.exec(rest[rest.indexOf(name) + 1] ?? '')?.[0] ?? 0);
      const [width, height] = [Math.min(number('wid'), largest.width), Math.min(number('hgt'), largest.height)];
      if (width === 0 || height === 0) return { kind: 'refused', reason: 'the display has no size' };
      return { kind: 'connected', size: { width, height }, cellWidth: number('cellwid') || 5 };
    }
    case 'success':
      return { kind: 'done' };
    case 'huh?':
      return { kind: 'refused', reason: rest.join(' ') };
    case 'key':
      return { kind: 'key', key: rest[0] ?? '' };
    default:
      return { kind: 'notice' };
  }
}

/** What happens to the session. */
export interface SessionEvents {
  /** Text to be sent; ISO 8859-1. */
  send(text: string): void;
  /** The display can be drawn on. */
  ready(size: Size): void;
  key(key: KeyName): void;
  /** A command was refused; the session goes on. */
  refused(command: string, reason: string): void;
}

const screen = 'caselli';

export class LcdSession {
  readonly #events: SessionEvents;
  /** Commands whose answers are to come, in order. */
  readonly #expected: string[] = [];
  #display: { readonly size: Size; readonly cellWidth: number } | undefined;
  #setUp = false;
  /** What stands on the display, by command without its value. */
  readonly #shown = new Map<string, string>();
  #wanted: Picture | undefined;

  constructor(events: SessionEvents) {
    this.#events = events;
  }

  /** Begins; LCDd answers with its size. */
  open(): void {
    this.#say(['hello']);
  }

  /** Whether answers are to come. */
  get waiting(): boolean {
    return this.#expected.length > 0;
  }

  /** Draws as soon as LCDd is ready for it; a newer picture replaces one that waits. */
  show(picture: Picture): void {
    this.#wanted = picture;
    this.#draw();
  }

  received(line: string): void {
    const told = parseServerLine(line);
    if (told.kind === 'notice') return;
    if (told.kind === 'key') {
      const key = keyNames.find((name) => name === told.key);
      if (key) this.#events.key(key);
      return;
    }
    const command = this.#expected.shift();
    if (command === undefined) return;
    if (told.kind === 'refused') {
      this.#events.refused(command, told.reason);
      // What stands there now is not known.
      if (command.startsWith('widget_set')) this.#shown.clear();
    }
    if (told.kind === 'connected' && !this.#display) {
      this.#display = told;
      this.#prepare(told.size);
    } else if (this.#display && !this.#setUp && !this.waiting) {
      this.#setUp = true;
      this.#events.ready(this.#display.size);
    }
    this.#draw();
  }

  #prepare({ height }: Size): void {
    const rows = Array.from({ length: height }, (_, row) => row + 1);
    this.#say([
      `client_set -name ${screen}`,
      `screen_add ${screen}`,
      `screen_set ${screen} -name ${screen} -priority foreground -heartbeat off -cursor off -backlight on`,
      ...rows.map((row) => `widget_add ${screen} text${row} string`),
      // After the texts, so that they are drawn over them.
      ...rows.map((row) => `widget_add ${screen} bar${row} hbar`),
      ...keyNames.map((key) => `client_add_key -exclusively ${key}`),
    ]);
  }

  #draw(): void {
    if (!this.#wanted || !this.#display || !this.#setUp || this.waiting) return;
    const { frame, lights } = this.#wanted;
    this.#wanted = undefined;
    const { size, cellWidth } = this.#display;
    const commands: string[] = [];
    const set = (place: string, value: string): void => {
      if (this.#shown.get(place) === value) return;
      this.#shown.set(place, value);
      commands.push(`${place} ${value}`);
    };
    for (let row = 0; row < size.height; row++) {
      const bar = frame.bars.find((one) => one.row === row);
      set(`widget_set ${screen} text${row + 1} 1 ${row + 1}`, quoted((frame.lines[row] ?? '').slice(0, size.width)));
      const pixels = bar ? Math.round(Math.min(bar.cells, size.width) * cellWidth * bar.part) : 0;
      set(`widget_set ${screen} bar${row + 1} 1 ${row + 1}`, String(pixels));
    }
    set('output', String(outputBits(lights)));
    this.#say(commands);
  }

  #say(commands: readonly string[]): void {
    if (commands.length === 0) return;
    this.#expected.push(...commands);
    this.#events.send(commands.map((command) => `${command}\n`).join(''));
  }
}

function quoted(text: string): string {
  return `"${displayText(text).replaceAll(/["\\]/g, '\\$&')}"`;
}

/** On a CFA-635 the low four bits are the green lights from top to bottom, the next four the red ones. */
function outputBits(lights: readonly Light[]): number {
  const half = 4;
  let bits = 0;
  for (const [index, light] of lights.slice(0, half).entries()) {
    if (light === 'green') bits |= 1 << index;
    if (light === 'red') bits |= 1 << (index + half);
  }
  return bits;
}
