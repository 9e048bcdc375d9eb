import { frontPanelView } from '../../../admin/views/front-panel-views.ts';
import { ask, nothing, type Operations } from '../operation.ts';

/** The display on the box. At first it shows the one-time password of the administrator. */
export const frontPanelOperations = {
  frontPanel: ask('administrator', 'What the front panel shows now', ['system front-panel'], nothing, frontPanelView),
} satisfies Partial<Operations>;
