import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const installationView = view({
  version: z.string(),
  board: z.string(),
  builtAt: instant,
  sizeBytes: z.number(),
  notes: z.string(),
  signedBy: z.string().describe('Name of the key; empty when none that is trusted here signed it.'),
  slot: z.string().describe('Where it was installed; empty when it was not, and the note says why.'),
  note: z.string(),
  restartHour: z.int().describe('Hour of the day at which the box starts again by itself.'),
});
export type InstallationView = z.infer<typeof installationView>;

export const updateView = view({
  version: z.string().describe('The version that runs.'),
  box: z.boolean().describe('False on a machine that is no box.'),
  developmentKey: z.boolean().describe('Takes updates signed with the development key.'),
  confirmed: z
    .boolean()
    .describe('The system that runs has said that it is well; until then the former one is kept in reserve.'),
  sentence: z.string().describe('What became of the last update; empty when there was none.'),
  last: view({
    from: z.string(),
    to: z.string(),
    at: instant,
    result: z.enum(['installing', 'installed', 'trial', 'confirmed', 'rolled-back', 'failed', 'interrupted']),
    reason: z.string(),
  }).nullable(),
  found: view({ version: z.string(), url: z.string(), notes: z.string(), at: instant }).nullable(),
  checkedAt: instant,
  checkProblem: z.string(),
  progress: view({
    version: z.string(),
    step: z.enum(['writing', 'checking']),
    bytes: z.number(),
    totalBytes: z.number(),
  })
    .nullable()
    .describe('The one that is being installed now.'),
  restartHour: z.int(),
});
export type UpdateView = z.infer<typeof updateView>;

export const slotsView = view({
  running: z.string(),
  next: z.string().describe('Which starts next; empty when none could be.'),
  slots: list(
    view({
      slot: z.string(),
      version: z.string().describe('Empty when there is no system that can be read.'),
      ok: z.boolean(),
      tries: z.int(),
    }),
  ),
  damaged: z
    .boolean()
    .describe('The file that says so was damaged: it is written anew when the running system is confirmed.'),
});
export type SlotsView = z.infer<typeof slotsView>;
