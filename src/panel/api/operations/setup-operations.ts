import { z } from 'zod';
import * as setup from '../../../admin/views/setup-views.ts';
import { ask, change, nothing, type Operations } from '../operation.ts';

/** The first run. */
export const setupOperations = {
  setupStatus: ask('administrator', 'How far the first run has come', [], nothing, setup.setupView),
  setupMark: change(
    'administrator',
    'Says that a step of the first run is done, or skipped',
    [],
    z.strictObject({ step: setup.setupStep, state: z.enum(['open', 'done', 'skipped']) }),
    setup.setupView,
  ),
  setupFinish: change(
    'administrator',
    'Ends the first run, or takes it up again',
    [],
    z.strictObject({ finished: z.boolean() }),
    setup.setupView,
  ),
} satisfies Partial<Operations>;
