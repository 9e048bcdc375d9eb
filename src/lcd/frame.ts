import { marquee } from './fit.ts';

/** What a screen wants to say, whatever the size of the display. Text of any length and script. */
export interface Screen {
  /** Same id, same screen: scrolling goes on where it was. */
  readonly id: string;
  /** Stays in the first row. */
  readonly title: string;
  /** Shown below the title; a body that is longer than the display moves through it. */
  readonly body: readonly Line[];
  /** Line of the body that is kept in view, in place of moving. */
  readonly focus?: number;
}

export interface Line {
  readonly text: string;
  /** A bar stands before the text, filled to this part (0–1). */
  readonly bar?: number;
}

/** Characters of the display. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What the display shows at one moment. */
export interface Frame {
  /** As many as the display has rows, each exactly as wide; a bar's place is blank. */
  readonly lines: readonly string[];
  readonly bars: readonly Bar[];
}

/** Cells from the left edge; zero-based row. */
export interface Bar {
  readonly row: number;
  readonly cells: number;
  readonly part: number;
}

/** Steps that a window of the body stands still before it moves on by a row. */
const stepsPerRow = 4;

/** @param step counts up while the screen is shown; text that does not fit moves with it */
export function frameOf(screen: Screen, { width, height }: Size, step: number): Frame {
  const rows = Math.max(height - 1, 0);
  const spare = Math.max(screen.body.length - rows, 0);
  const first =
    screen.focus === undefined
      ? Math.floor(step / stepsPerRow) % (spare + 1)
      : Math.min(Math.max(screen.focus - rows + 1, 0), spare);
  const shown: readonly Line[] = [{ text: screen.title }, ...screen.body.slice(first, first + rows)];
  const lines: string[] = [];
  const bars: Bar[] = [];
  for (let row = 0; row < height; row++) {
    const { text, bar } = shown[row] ?? { text: '' };
    if (bar === undefined) {
      lines.push(marquee(text, width, step));
    } else {
      const label = text.slice(0, Math.max(width - 2, 0));
      const cells = width - (label === '' ? 0 : label.length + 1);
      lines.push(label.padStart(width));
      bars.push({ row, cells, part: Math.min(Math.max(bar, 0), 1) });
    }
  }
  return { lines, bars };
}
