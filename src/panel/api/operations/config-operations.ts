import { z } from 'zod';
import * as config from '../../../admin/views/config-views.ts';
import { list } from '../../../admin/views/view.ts';
import { ask, change, nothing, type Operations, short } from '../operation.ts';

/** Settings. */
export const configOperations = {
  configGet: ask(
    'administrator',
    'A setting in force, or all',
    ['config get'],
    z.strictObject({ path: short }),
    z.unknown(),
  ),
  configSet: change(
    'administrator',
    'Changes one setting',
    ['config set'],
    z.strictObject({ path: short, value: z.unknown(), reset: z.boolean() }),
    config.configVersion,
  ),
  configShow: ask(
    'administrator',
    'The document as written, and all settings',
    ['config show'],
    nothing,
    config.configShown,
  ),
  configCheck: ask(
    'administrator',
    'What is wrong with the file',
    ['config check'],
    nothing,
    list(config.configProblem),
  ),
  configForm: ask('administrator', 'Every setting: what it is and what it may be', [], nothing, config.configForm),
  configPlan: change(
    'administrator',
    'What changes of settings would do, before they are made',
    [],
    z.strictObject({ changes: list(config.configChange) }),
    config.configPlan,
  ),
  configApply: change(
    'administrator',
    'Makes several changes of settings together',
    [],
    z.strictObject({ changes: list(config.configChange), version: z.int() }),
    config.configVersion,
  ),
  configHistory: ask('administrator', 'Former settings', ['config history'], nothing, list(config.configFormer)),
  configUndo: change(
    'administrator',
    'Goes back to former settings',
    ['config undo'],
    z.strictObject({ version: z.int() }),
    config.configVersion,
  ),
} satisfies Partial<Operations>;
