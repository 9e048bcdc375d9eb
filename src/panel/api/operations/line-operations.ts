import { z } from 'zod';
import * as fax from '../../../admin/views/fax-views.ts';
import * as line from '../../../admin/views/line-views.ts';
import { list } from '../../../admin/views/view.ts';
import { ask, change, nothing, type Operations, short } from '../operation.ts';

/** Fax lines and their modems, and the dial plan. */
export const lineOperations = {
  lineFind: change(
    'administrator',
    'Looks for modems at the ports of the box',
    ['line find'],
    nothing,
    list(line.foundPort),
  ),
  lineTest: change(
    'administrator',
    'Tests a line, or the modem at a port; with `dialTone` it goes off the hook',
    ['line test'],
    z.strictObject({ line: short, port: short, dialTone: z.boolean() }),
    line.lineTest,
  ),
  lineSet: change('administrator', 'Adds a line, or changes one', ['line set'], line.lineChange, list(fax.lineView)),
  lineRemove: change(
    'administrator',
    'Removes a line',
    ['line remove'],
    z.strictObject({ line: short }),
    list(fax.lineView),
  ),
  dialExplain: ask(
    'operator',
    'What would be dialled for a number, by the dial plan in force or another',
    ['dial explain'],
    z.strictObject({ number: z.string().max(200), plan: z.string().max(20_000) }),
    line.dialView,
  ),
  dialPlan: ask('operator', 'The dial plan', [], nothing, line.dialPlanView),
  dialPlanMake: ask(
    'administrator',
    'Makes a dial plan for a country, an area and a telephone system; changes nothing',
    ['dial plan'],
    line.dialPlace,
    line.dialPlanView,
  ),
} satisfies Partial<Operations>;
