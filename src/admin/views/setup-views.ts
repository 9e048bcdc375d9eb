import { z } from 'zod';
import { setupSteps } from '../../system/setup/setup-record.ts';
import { list, view } from './view.ts';

export const setupStep = z.enum(setupSteps);

export const setupView = view({
  finished: z.boolean().describe('Whether the first run is over; it can be taken up again.'),
  steps: list(view({ step: setupStep, state: z.enum(['open', 'done', 'skipped']) })),
});
export type SetupView = z.infer<typeof setupView>;
