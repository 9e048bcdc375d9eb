import type { Command } from './command.ts';
import { accessCommands } from './commands/access.ts';
import { aliasCommands } from './commands/alias.ts';
import { bookCommands } from './commands/book.ts';
import { configCommands } from './commands/config.ts';
import { doctorCommands } from './commands/doctor.ts';
import { domainCommands } from './commands/domain.ts';
import { exchangeCommands } from './commands/exchange.ts';
import { faxCommands } from './commands/fax.ts';
import { faxArchiveCommands } from './commands/fax-archive.ts';
import { faxSendCommands } from './commands/fax-send.ts';
import { frontPanelCommands } from './commands/front-panel.ts';
import { lineAndDialCommands } from './commands/line.ts';
import { mailCommands } from './commands/mail.ts';
import { mailOutCommands } from './commands/mail-out.ts';
import { queueCommands } from './commands/queue.ts';
import { routeCommands } from './commands/route.ts';
import { sendmailCommands } from './commands/sendmail.ts';
import { serveCommands } from './commands/serve.ts';
import { systemBackupCommands } from './commands/system-backup.ts';
import { systemCertificateCommands } from './commands/system-certificate.ts';
import { systemMachineCommands } from './commands/system-machine.ts';
import { systemUpdateCommands } from './commands/system-update.ts';
import { userCommands } from './commands/user.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  ...serveCommands,
  ...userCommands,
  ...aliasCommands,
  ...domainCommands,
  ...configCommands,
  ...queueCommands,
  ...mailCommands,
  ...mailOutCommands,
  ...routeCommands,
  ...sendmailCommands,
  ...faxCommands,
  ...faxSendCommands,
  ...bookCommands,
  ...lineAndDialCommands,
  ...faxArchiveCommands,
  ...exchangeCommands,
  ...doctorCommands,
  ...systemMachineCommands,
  ...frontPanelCommands,
  ...accessCommands,
  ...systemCertificateCommands,
  ...systemBackupCommands,
  ...systemUpdateCommands,
];
