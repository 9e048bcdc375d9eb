import { z } from 'zod';
import { list, view } from './view.ts';

const light = z.enum(['off', 'green', 'red']);

export const frontPanelView = view({
  state: z
    .enum(['off', 'absent', 'shown'])
    .describe('Not wanted by the settings; no display found; or a display shows what follows.'),
  width: z.int(),
  lines: list(z.string()).describe('The rows of the display, each as wide as it; blank where a bar stands.'),
  bars: list(
    view({
      row: z.int(),
      cells: z.int().describe('Characters from the left edge.'),
      part: z.number().describe('How much of it is filled, 0–1.'),
    }),
  ),
  lights: list(light).describe('From top to bottom: the box, its fax lines.'),
});
export type FrontPanelView = z.infer<typeof frontPanelView>;
