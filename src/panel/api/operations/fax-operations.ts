import { z } from 'zod';
import * as fax from '../../../admin/views/fax-views.ts';
import { list } from '../../../admin/views/view.ts';
import { ask, change, id, nothing, type Operations, short, text } from '../operation.ts';

/** Fax lines, calls and the simulated exchange. */
export const faxOperations = {
  faxLines: ask('operator', 'The fax lines as they are now', ['fax lines'], nothing, list(fax.lineView)),
  faxCalls: ask(
    'operator',
    'Calls, newest first',
    ['fax calls'],
    z.strictObject({ limit: z.int().min(1).max(1000), line: short, direction: short }),
    list(fax.callView),
  ),
  faxPause: change(
    'operator',
    'Lets sending wait on a line, or on all; without `answer` calls are not answered either',
    ['fax pause'],
    z.strictObject({ line: short, answer: z.boolean() }),
    list(fax.lineView),
  ),
  faxResume: change(
    'operator',
    'Lets a paused line go on, or all',
    ['fax resume'],
    z.strictObject({ line: short }),
    list(fax.lineView),
  ),
  faxShow: ask('operator', 'One call with its transcript', ['fax show'], id, fax.callDetail),
  exchangeList: ask(
    'operator',
    'The subscribers of the simulated telephone exchange',
    ['exchange list'],
    nothing,
    list(fax.subscriberView),
  ),
  exchangeDialIn: change(
    'operator',
    'Lets a simulated station send a fax to the box',
    ['exchange dial-in'],
    z.strictObject({ from: short, to: short, files: list(text) }),
    fax.dialInView,
  ),
  exchangeReceived: ask(
    'operator',
    'What a simulated station has received',
    ['exchange received'],
    z.strictObject({ number: short }),
    list(fax.receivedView),
  ),
} satisfies Partial<Operations>;
