import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { boardFile, boardLights } from '../lights/board-document.ts';
import type { Handlers } from './handlers.ts';
import { PrivilegedError } from './operations.ts';

/** Where the board is told of, and where the kernel keeps its lights (`Documentation/ABI/testing/sysfs-class-led`). */
export interface LightPlaces {
  readonly board: string;
  readonly leds: string;
}

export const lightPlaces: LightPlaces = { board: boardFile, leds: '/sys/class/leds' };

/** The lights that the board tells of, and no others. */
export function lightOperations({ board, leds }: LightPlaces): Handlers<'lights.show'> {
  return {
    'lights.show': async (wanted) => {
      const missing: string[] = [];
      for (const { name, shows } of boardLights(JSON.parse(await readFile(board, 'utf8'))))
        await show(join(leds, name), wanted[shows]).catch(() => missing.push(name));
      if (missing.length > 0) throw new PrivilegedError('failed', `Lights that cannot be set: ${missing.join(', ')}.`);
      return {};
    },
  };
}

async function show(folder: string, isLit: boolean): Promise<void> {
  const trigger = join(folder, 'trigger');
  // Until then the kernel lights it by its own doings: of the disk, the processor.
  if (!(await readFile(trigger, 'utf8')).includes('[none]')) await writeFile(trigger, 'none');
  const brightness = isLit ? (await readFile(join(folder, 'max_brightness'), 'utf8')).trim() : '0';
  await writeFile(join(folder, 'brightness'), brightness);
}
