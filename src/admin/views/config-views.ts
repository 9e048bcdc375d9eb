import { z } from 'zod';
import { instant, list, view } from './view.ts';

export const configVersion = view({ version: z.int() });
export type ConfigVersion = z.infer<typeof configVersion>;

export const configProblem = view({ path: z.string().describe('smtp.submission.port'), message: z.string() });

export const configShown = view({ document: z.unknown(), effective: z.unknown(), version: z.int() });
export type ConfigShown = z.infer<typeof configShown>;

/** One wish; `value` is left out to return a setting to its default. */
export const configChange = view({ path: z.string(), value: z.unknown().optional() });
export type ConfigChange = z.infer<typeof configChange>;

export const configForm = view({
  version: z.int(),
  schema: z.unknown().describe('JSON Schema of the settings as they are written.'),
  document: z.unknown().describe('The settings as written; secrets are hidden.'),
  secrets: list(z.string()).describe('Paths of settings whose value is never shown; entries of a list are *.'),
});
export type ConfigForm = z.infer<typeof configForm>;

export const configPlan = view({
  version: z.int().describe('Of the settings that the changes were compared with.'),
  problems: list(configProblem).describe('Why the changes cannot be made; empty when they can.'),
  changes: list(view({ path: z.string(), before: z.unknown(), after: z.unknown(), secret: z.boolean() })).describe(
    'What would be different, setting by setting.',
  ),
  effects: list(z.string()).describe('What happens when they are made, in sentences.'),
});
export type ConfigPlan = z.infer<typeof configPlan>;

export const configFormer = view({
  version: z.int(),
  until: instant.describe('When it was replaced.'),
  changes: list(z.string()).describe('Paths of the settings that differ from those in force now.'),
});
export type ConfigFormer = z.infer<typeof configFormer>;
