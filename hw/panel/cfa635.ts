import type { Duplex } from 'node:stream';
import { type Clock, systemClock, TimeoutError, withTimeout } from '../../src/lib/clock.ts';
import { customSign, romSign } from './character-rom.ts';
import { maxDataBytes, type Packet, PacketAssembler, packetBytes } from './packet.ts';

/** The keys, as the device numbers them. */
export const keys = ['Up', 'Down', 'Left', 'Right', 'Enter', 'Exit'] as const;
export type Key = (typeof keys)[number];

/** A two-colour LED, brightness in percent. */
export interface Led {
  readonly green: number;
  readonly red: number;
}

const columns = 20;
const rows = 4;
const customCharacters = 8;
const space = 0x20;
/** Faults kept for the test's message. */
const faultLimit = 100;
const keyReport = 0x80;
const answer = 0x40;
const error = 0xc0;
/** Pins of the four LEDs from top to bottom: green, red. */
const ledPins = [
  [11, 12],
  [9, 10],
  [7, 8],
  [5, 6],
] as const;

interface Command {
  readonly type: number;
  readonly name: string;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Why the data are illegal; nothing when they are not. */
  wrong?(data: Uint8Array): string | undefined;
  run?(data: Uint8Array): void;
  /** Data of the answer; none without it. */
  answer?(data: Uint8Array): Uint8Array;
}

/**
 * A Crystalfontz CFA-635, display of 20×4 characters with four LEDs and six keys, behind any byte stream: the socket of
 * QEMU's usb-serial, or a pseudo-terminal. It is strict: a packet that the data sheet does not allow is answered as the
 * device would, or not at all, and recorded as a fault of the host.
 */
export class Cfa635 {
  readonly #clock: Clock;
  readonly #assembler = new PacketAssembler();
  readonly #faults: string[] = [];
  readonly #watchers = new Set<() => void>();
  #stream: Duplex | undefined;
  #cells = new Uint8Array();
  #custom: Uint8Array[] = [];
  #pins: number[] = [];
  #contrast = 0;
  #obeyed = 0;
  #backlight = { display: 0, keypad: 0 };
  #reported = { pressed: 0, released: 0 };

  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
    this.#powerOn();
  }

  /** What the host sent and the data sheet does not allow, in words. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** Commands obeyed since it was made. LCDd sends some in each of its frames, whether anything changed or not. */
  get commands(): number {
    return this.#obeyed;
  }

  /** 0–254. */
  get contrast(): number {
    return this.#contrast;
  }

  /** Percent. */
  get backlight(): { readonly display: number; readonly keypad: number } {
    return this.#backlight;
  }

  /** From top to bottom. */
  get leds(): readonly Led[] {
    return ledPins.map(([green, red]) => ({ green: this.#pins[green]!, red: this.#pins[red]! }));
  }

  get plugged(): boolean {
    return this.#stream !== undefined;
  }

  /** The screen: four lines of twenty signs. Custom characters are shown as the block that they look like. */
  lines(): string[] {
    return Array.from({ length: rows }, (_, row) =>
      Array.from(this.#cells.subarray(row * columns, (row + 1) * columns), (byte) =>
        byte < 2 * customCharacters ? customSign(this.#custom[byte % customCharacters]!) : romSign(byte),
      ).join(''),
    );
  }

  /** Plugs the cable in, which gives it power: it starts anew. Pulls what was plugged in before. @returns the way to pull it. */
  plug(stream: Duplex): () => void {
    this.#stream?.destroy();
    this.#stream = stream;
    this.#assembler.clear();
    this.#powerOn();
    stream.on('data', (chunk: Uint8Array) => {
      if (this.#stream === stream) this.#receive(chunk);
    });
    stream.on('error', () => stream.destroy());
    stream.on('end', () => stream.destroy());
    stream.on('close', () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      this.#changed();
    });
    this.#changed();
    return () => stream.destroy();
  }

  press(key: Key): void {
    this.#report(key, 'pressed');
  }

  release(key: Key): void {
    this.#report(key, 'released');
  }

  /** Presses and releases. */
  tap(key: Key): void {
    this.press(key);
    this.release(key);
  }

  /**
   * Resolves with the screen as soon as `wanted` holds for it; looked at after each change.
   * @throws TimeoutError which shows the screen and the faults
   */
  async waitFor(
    wanted: (lines: readonly string[]) => boolean,
    { deadlineMs = 30_000, what = 'the screen' } = {},
  ): Promise<string[]> {
    let look: () => void = () => {};
    const seen = new Promise<string[]>((resolve, reject) => {
      look = () => {
        try {
          const lines = this.lines();
          if (wanted(lines)) resolve(lines);
        } catch (failure) {
          reject(failure);
        }
      };
      this.#watchers.add(look);
      look();
    });
    try {
      return await withTimeout(this.#clock, deadlineMs, what, seen);
    } catch (failure) {
      if (failure instanceof TimeoutError)
        throw new TimeoutError([what, ...this.lines(), ...this.#faults].join('\n'), deadlineMs);
      throw failure;
    } finally {
      this.#watchers.delete(look);
    }
  }

  #powerOn(): void {
    this.#cells = new Uint8Array(columns * rows).fill(space);
    this.#custom = Array.from({ length: customCharacters }, () => new Uint8Array(8));
    this.#pins = Array.from({ length: 13 }, () => 0);
    this.#contrast = 95;
    this.#backlight = { display: 0, keypad: 0 };
    this.#reported = { pressed: 0x3f, released: 0x3f };
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #fault(text: string): void {
    if (this.#faults.length < faultLimit) this.#faults.push(text);
  }

  #receive(chunk: Uint8Array): void {
    for (const found of this.#assembler.take(chunk)) {
      if (found.kind === 'packet') this.#obey(found.packet);
      else this.#fault(`byte 0x${hex(found.byte)} begins ${found.reason}`);
    }
    this.#changed();
  }

  #obey({ type, data }: Packet): void {
    if (type > 0x3f) {
      this.#fault(`type 0x${hex(type)} is no command`);
      return;
    }
    const command = this.#commands.find((one) => one.type === type);
    const wrong = command ? wrongWith(command, data) : 'is unknown';
    if (!command || wrong !== undefined) {
      this.#fault(`command 0x${hex(type)} ${command ? `(${command.name}): ` : ''}${wrong}`);
      this.#send({ type: error | type, data: new Uint8Array() });
      return;
    }
    command.run?.(data);
    this.#obeyed++;
    this.#send({ type: answer | type, data: command.answer?.(data) ?? new Uint8Array() });
  }

  #report(key: Key, what: 'pressed' | 'released'): void {
    const index = keys.indexOf(key);
    if (((this.#reported[what] >> keyBit[key]) & 1) === 0) return;
    this.#send({ type: keyReport, data: Uint8Array.of(index + (what === 'pressed' ? 1 : keys.length + 1)) });
  }

  #send(packet: Packet): void {
    if (this.#stream?.writable) this.#stream.write(packetBytes(packet));
  }

  /** Data sheet, "Command Codes". */
  readonly #commands: readonly Command[] = [
    {
      type: 0x00,
      name: 'ping',
      minBytes: 0,
      maxBytes: 16,
      answer: (data) => data,
    },
    {
      type: 0x01,
      name: 'version',
      ...exactly(0),
      answer: () => Buffer.from('CFA635:h1.0,v1.0'),
    },
    {
      type: 0x04,
      name: 'store boot state',
      ...exactly(0),
    },
    {
      type: 0x05,
      name: 'reboot',
      ...exactly(3),
      wrong: (data) => (Buffer.from(data).equals(Buffer.of(8, 18, 99)) ? undefined : 'is not the sequence of a reboot'),
      run: () => this.#powerOn(),
    },
    {
      type: 0x06,
      name: 'clear',
      ...exactly(0),
      run: () => void this.#cells.fill(space),
    },
    {
      type: 0x09,
      name: 'custom character',
      ...exactly(9),
      wrong: ([index, ...pixels]) => below(index!, customCharacters, 'index') ?? below(Math.max(...pixels), 64, 'row'),
      run: ([index, ...pixels]) => {
        this.#custom[index!] = Uint8Array.from(pixels);
      },
    },
    {
      type: 0x0b,
      name: 'cursor position',
      ...exactly(2),
      wrong: ([column, row]) => below(column!, columns, 'column') ?? below(row!, rows, 'row'),
    },
    {
      type: 0x0c,
      name: 'cursor style',
      ...exactly(1),
      wrong: ([style]) => below(style!, 5, 'style'),
    },
    {
      type: 0x0d,
      name: 'contrast',
      ...exactly(1),
      wrong: ([contrast]) => below(contrast!, 255, 'contrast'),
      run: ([contrast]) => {
        this.#contrast = contrast!;
      },
    },
    {
      type: 0x0e,
      name: 'backlight',
      minBytes: 1,
      maxBytes: 2,
      wrong: (percents) => below(Math.max(...percents), 101, 'brightness'),
      run: ([display, keypad = display]) => {
        this.#backlight = { display: display!, keypad: keypad! };
      },
    },
    {
      type: 0x17,
      name: 'key reports',
      ...exactly(2),
      wrong: (masks) => below(Math.max(...masks), 64, 'mask'),
      run: ([pressed, released]) => {
        this.#reported = { pressed: pressed!, released: released! };
      },
    },
    {
      type: 0x1f,
      name: 'text',
      minBytes: 3,
      maxBytes: maxDataBytes,
      wrong: ([column, row, ...text]) =>
        below(column!, columns, 'column') ??
        below(row!, rows, 'row') ??
        below(column! + text.length, columns + 1, 'end of the text'),
      run: ([column, row, ...text]) => void this.#cells.set(text, row! * columns + column!),
    },
    {
      type: 0x22,
      name: 'output pin',
      minBytes: 2,
      maxBytes: 3,
      wrong: ([pin, level]) => below(pin!, 13, 'pin') ?? below(level!, 101, 'level'),
      run: ([pin, level]) => {
        this.#pins[pin!] = level!;
      },
    },
  ];
}

/** Bits of the masks of command 0x17, in another order than the reports' numbers. */
const keyBit: Readonly<Record<Key, number>> = { Up: 0, Enter: 1, Exit: 2, Left: 3, Right: 4, Down: 5 };

function exactly(bytes: number): { readonly minBytes: number; readonly maxBytes: number } {
  return { minBytes: bytes, maxBytes: bytes };
}

function below(value: number, limit: number, what: string): string | undefined {
  return value < limit ? undefined : `${what} ${value} is not below ${limit}`;
}

function wrongWith(command: Command, data: Uint8Array): string | undefined {
  const { minBytes, maxBytes } = command;
  if (data.length < minBytes || data.length > maxBytes)
    return `${data.length} bytes where ${minBytes === maxBytes ? minBytes : `${minBytes}–${maxBytes}`} are right`;
  return command.wrong?.(data);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
