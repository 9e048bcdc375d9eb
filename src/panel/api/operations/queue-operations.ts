import { z } from 'zod';
import * as account from '../../../admin/views/account-views.ts';
import * as queue from '../../../admin/views/queue-views.ts';
import { list, view } from '../../../admin/views/view.ts';
import { address, ask, change, done, id, type Operations, short } from '../operation.ts';

/** The queue, and where addresses lead. */
export const queueOperations = {
  queueList: ask(
    'operator',
    'Messages that wait',
    ['queue list', 'mailq'],
    z.strictObject({
      address: short,
      limit: z.int().min(1).max(1000),
      state: queue.queuedState.optional(),
    }),
    list(queue.queueView),
  ),
  queueShow: ask('operator', 'One message that waits', ['queue show'], id, queue.queueDetail),
  queueRetry: change(
    'operator',
    'Tries a message now; all without an id',
    ['queue retry'],
    id,
    view({ recipients: z.int() }),
  ),
  queueHold: change('operator', 'Holds a message back', ['queue hold'], id, done),
  queueRelease: change('operator', 'Lets a held message go', ['queue release'], id, done),
  queueCancel: change(
    'operator',
    'Cancels a message; its sender is told',
    ['queue cancel'],
    z.strictObject({ id: short, reason: short }),
    done,
  ),
  queueSchedule: change(
    'operator',
    'Gives a message another time to be sent at; sends it now without one',
    ['queue schedule'],
    z.strictObject({ id: short, at: short }),
    done,
  ),
  queueReroute: change(
    'operator',
    'Gives a recipient that waits another address',
    ['queue reroute'],
    z.strictObject({ id: short, recipient: address, to: address }),
    done,
  ),
  route: ask(
    'operator',
    'Where an address leads',
    ['route'],
    z.strictObject({ address, relay: z.boolean(), fax: z.boolean() }),
    account.routeView,
  ),
} satisfies Partial<Operations>;
