import { z } from 'zod';
import * as update from '../../../admin/views/update-views.ts';
import { ask, change, nothing, type Operations, upload } from '../operation.ts';

/** Updates. */
export const updateOperations = {
  updateInstall: upload(
    'administrator',
    'Installs an update from a file',
    ['system update'],
    z.strictObject({ allowDowngrade: z.boolean() }),
    update.installationView,
  ),
  updateInstallFrom: change(
    'administrator',
    'Installs an update from a stick or the configured address',
    ['system update'],
    z.strictObject({ from: z.enum(['usb', 'url']), allowDowngrade: z.boolean() }),
    update.installationView,
  ),
  updateCheck: change('administrator', 'Looks for an update now', ['system update check'], nothing, update.updateView),
  updateStatus: ask(
    'operator',
    'The version that runs, and the last update',
    ['system update status'],
    nothing,
    update.updateView,
  ),
  slotList: ask('administrator', 'The two systems of the box', ['system slots'], nothing, update.slotsView),
} satisfies Partial<Operations>;
