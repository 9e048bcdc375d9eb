import type { Clock } from '../lib/clock.ts';
import { type ChildEnd, type ChildProgram, runChild } from './child.ts';
import type { Conversion, ConversionOrder, Converters } from './conversion.ts';
import { ghostscriptProgram } from './ghostscript.ts';
import { pictureProgram } from './picture-apart.ts';

/** Converters as children of this process, with limits. */
export class OwnConverters implements Converters {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  run({ order, file, folder, onOutput }: Conversion, signal: AbortSignal): Promise<ChildEnd> {
    const { timeoutMs } = order;
    return runChild({ ...programOf(order, file), folder, timeoutMs, onOutput }, this.#clock, signal);
  }
}

function programOf(order: ConversionOrder, file: string): ChildProgram {
  switch (order.converter) {
    case 'ghostscript':
      return ghostscriptProgram(order, file);
    case 'picture':
      return pictureProgram(order, file);
  }
}
