import { z } from 'zod';
import * as machine from '../../../admin/views/machine-views.ts';
import { spaceView } from '../../../admin/views/space-views.ts';
import { list, view } from '../../../admin/views/view.ts';
import { ask, change, done, nothing, type Operations, short, text } from '../operation.ts';

/** The machine. */
export const machineOperations = {
  spaceUse: ask('operator', 'What takes room on the disk', ['system space'], nothing, spaceView),
  doctor: ask('operator', 'Everything looked at, with advice', ['doctor'], nothing, list(machine.finding)),
  systemSupport: {
    ...change(
      'administrator',
      'A support bundle, without secrets',
      ['system support'],
      nothing,
      view({ files: list(text), sizeBytes: z.number() }),
    ),
    kind: 'download',
    file: { name: 'caselli-support.tar.gz', type: 'application/gzip' },
  },
  systemStatus: ask('operator', 'The machine as it is', ['system status'], nothing, machine.machineView),
  systemHealth: ask('operator', 'Looks whether everything is well', ['system health'], nothing, machine.healthView),
  systemNetwork: ask('operator', 'The network card', ['system network show'], nothing, machine.networkView),
  systemNetworkSet: change(
    'administrator',
    'Changes the address, on trial',
    ['system network set'],
    machine.networkChange,
    machine.networkView,
  ),
  systemNetworkConfirm: change(
    'administrator',
    'Keeps the address that is on trial',
    ['system network confirm'],
    nothing,
    view({ confirmed: z.boolean() }),
  ),
  systemTime: ask('operator', 'The clock', ['system time'], nothing, machine.timeView),
  systemLog: ask(
    'administrator',
    'The last lines of the log',
    ['system log'],
    z.strictObject({ lines: z.int().min(1).max(10_000) }),
    view({ lines: list(text) }),
  ),
  systemPassword: change(
    'administrator',
    'Sets the password of the administrator',
    ['system password'],
    z.strictObject({ password: short }),
    view({ oneTimePassword: text }),
  ),
  systemReboot: change('administrator', 'Starts the box again', ['system reboot'], nothing, done),
  systemShutdown: change('administrator', 'Switches the box off', ['system shutdown'], nothing, done),
  systemFactoryReset: change('administrator', 'Erases everything', ['system factory-reset'], nothing, done),
  systemSsh: change(
    'administrator',
    'Switches SSH on or off',
    ['system ssh'],
    z.strictObject({ on: z.boolean() }),
    machine.sshView,
  ),
  systemStorage: ask(
    'administrator',
    'USB sticks and memory cards',
    ['system storage'],
    nothing,
    list(machine.storageView),
  ),
} satisfies Partial<Operations>;
