import type { Operations } from './operation.ts';
import { accessOperations } from './operations/access-operations.ts';
import { accountOperations } from './operations/account-operations.ts';
import { backupOperations } from './operations/backup-operations.ts';
import { bookOperations } from './operations/book-operations.ts';
import { certificateOperations } from './operations/certificate-operations.ts';
import { clientOperations } from './operations/client-operations.ts';
import { configOperations } from './operations/config-operations.ts';
import { deskOperations } from './operations/desk-operations.ts';
import { dnsOperations } from './operations/dns-operations.ts';
import { faxArchiveOperations } from './operations/fax-archive-operations.ts';
import { faxOperations } from './operations/fax-operations.ts';
import { frontPanelOperations } from './operations/front-panel-operations.ts';
import { lineOperations } from './operations/line-operations.ts';
import { machineOperations } from './operations/machine-operations.ts';
import { mailLogOperations } from './operations/mail-log-operations.ts';
import { mailOutOperations } from './operations/mail-out-operations.ts';
import { queueOperations } from './operations/queue-operations.ts';
import { setupOperations } from './operations/setup-operations.ts';
import { updateOperations } from './operations/update-operations.ts';

/** By the names of the methods of `AdminApi`: whatever a box can be asked is here, or the compiler says so. */
export const operations: Operations = {
  ...accessOperations,
  ...accountOperations,
  ...backupOperations,
  ...bookOperations,
  ...deskOperations,
  ...certificateOperations,
  ...clientOperations,
  ...configOperations,
  ...dnsOperations,
  ...faxArchiveOperations,
  ...faxOperations,
  ...frontPanelOperations,
  ...lineOperations,
  ...machineOperations,
  ...mailLogOperations,
  ...mailOutOperations,
  ...queueOperations,
  ...setupOperations,
  ...updateOperations,
};
