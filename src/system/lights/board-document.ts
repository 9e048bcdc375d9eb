import { z } from 'zod';

const document = z.object({
  lights: z.array(
    z.object({
      // A name of the kernel's, never a way to elsewhere.
      name: z.string().regex(/^(?!\.)[^/\0]{1,64}$/),
      shows: z.enum(['running', 'busy', 'fault']),
    }),
  ),
});

/** A light of this board. */
export interface BoardLight {
  /** In `/sys/class/leds`. */
  readonly name: string;
  readonly shows: 'running' | 'busy' | 'fault';
}

/**
 * The lights that `/etc/caselli/board.json` tells of (`hw/boards/`).
 * @throws when the document has none of them, or one that is not understood
 */
export function boardLights(board: unknown): readonly BoardLight[] {
  return document.parse(board).lights;
}

/** Where the image says what its board is. */
export const boardFile = '/etc/caselli/board.json';
