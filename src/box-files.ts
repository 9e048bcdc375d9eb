import { join } from 'node:path';

/** Where each part keeps its state below the data folder (ARCHITECTURE, "Who writes what"). */
export function boxFiles(data: string) {
  return {
    lock: join(data, 'lock'),
    directory: join(data, 'directory.db'),
    mail: join(data, 'mail'),
    queue: join(data, 'queue'),
    mailLog: join(data, 'mail-log.db'),
    fax: join(data, 'fax'),
    faxOut: join(data, 'fax', 'out'),
    desk: join(data, 'desk'),
    faxArchive: join(data, 'fax', 'archive'),
    tls: join(data, 'tls'),
    exchange: join(data, 'exchange'),
    demo: join(data, 'demo.json'),
    run: join(data, 'run.json'),
    identity: join(data, 'identity'),
    audit: join(data, 'audit'),
    setup: join(data, 'setup.json'),
    log: join(data, 'log'),
    clock: join(data, 'clock'),
  } as const;
}
