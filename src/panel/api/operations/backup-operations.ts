import { z } from 'zod';
import * as backup from '../../../admin/views/backup-views.ts';
import { view } from '../../../admin/views/view.ts';
import { address, ask, change, nothing, type Operations, short, upload } from '../operation.ts';

const from = { passphrase: short, from: backup.destinationKind.or(z.literal('')), name: short };

/** Backups. */
export const backupOperations = {
  backupCreate: {
    ...change(
      'administrator',
      'A backup as a file',
      ['system backup'],
      z.strictObject({ config: z.boolean(), passphrase: short }),
      backup.backupMade,
    ),
    kind: 'download',
    file: { name: 'caselli-backup.age', type: 'application/octet-stream' },
  },
  backupRun: change(
    'administrator',
    'A backup to its destination',
    ['system backup'],
    z.strictObject({ to: backup.destinationKind.or(z.literal('')), config: z.boolean(), passphrase: short }),
    backup.backupResult,
  ),
  backupList: ask(
    'administrator',
    'The last backups, and what is kept at a destination',
    ['system backup list'],
    z.strictObject({ to: backup.destinationKind.or(z.literal('')) }),
    backup.backupList,
  ),
  backupVerify: upload(
    'administrator',
    'Reads a backup whole and counts what is in it',
    ['system backup verify'],
    z.strictObject(from),
    backup.backupContent,
  ),
  backupRestore: upload(
    'administrator',
    'Makes a backup ready: the box comes up on it',
    ['system restore'],
    z.strictObject({ ...from, network: z.boolean(), release: z.boolean() }),
    backup.restoreView,
  ),
  backupRestoreCancel: change(
    'administrator',
    'Gives up a restore that was made ready',
    ['system restore'],
    nothing,
    view({ cancelled: z.boolean() }),
  ),
  backupRestoreMailbox: upload(
    'administrator',
    'Puts the missing messages of one mailbox back',
    ['system restore'],
    z.strictObject({ ...from, address, folder: short, inPlace: z.boolean() }),
    backup.mailboxRestored,
  ),
} satisfies Partial<Operations>;
