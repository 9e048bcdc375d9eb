import { z } from 'zod';

/** Key codes of `input-event-codes.h` by name: those that the buttons of boards have. */
const keyCodes = { KEY_POWER: 116, KEY_RESTART: 408 } as const;

const boardDocument = z.object({
  buttons: z.array(
    z
      .object({
        input: z.string().min(1),
        key: z.enum(Object.keys(keyCodes) as [keyof typeof keyCodes, ...(keyof typeof keyCodes)[]]),
        does: z.enum(['shut-down', 'factory-reset']),
        holdSeconds: z.number().min(0),
      })
      .transform(({ input, key, does, holdSeconds }) => ({
        input,
        key: keyCodes[key],
        does,
        holdMs: holdSeconds * 1000,
      })),
  ),
});

/** A button of this board. */
export interface BoardButton {
  /** What its input device calls itself. */
  readonly input: string;
  /** Code of the key. */
  readonly key: number;
  readonly does: 'shut-down' | 'factory-reset';
  /** How long it must be held for that. */
  readonly holdMs: number;
}

/**
 * The buttons that `/etc/caselli/board.json` tells of (`hw/boards/`).
 * @throws when the document has none of them, or one that is not understood
 */
export function boardButtons(document: unknown): readonly BoardButton[] {
  return boardDocument.parse(document).buttons;
}
