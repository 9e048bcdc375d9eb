/**
 * Where each setting stands: screens of the panel, each with the paths that it holds. A test walks the schema of the settings
 * and fails for one that no screen holds.
 */
export interface Place {
  readonly id: string;
  readonly paths: readonly string[];
}

export const places = [
  { id: 'box', paths: ['name', 'postmaster', 'panel', 'loginLimit', 'log', 'version'] },
  { id: 'network', paths: ['system.network'] },
  { id: 'time', paths: ['system.time'] },
  { id: 'mail-in', paths: ['smtp'] },
  { id: 'mail-out', paths: ['outbound', 'queue'] },
  { id: 'records', paths: ['mailLog', 'summary'] },
  { id: 'mailboxes', paths: ['mailboxes', 'imap', 'pop3'] },
  { id: 'fax', paths: ['fax'] },
  { id: 'documents', paths: ['documents', 'exchange'] },
  { id: 'backup', paths: ['system.backup'] },
  { id: 'certificate', paths: ['system.certificate'] },
  { id: 'update', paths: ['system.update'] },
  { id: 'access', paths: ['system.ssh', 'system.lcd'] },
] as const satisfies readonly Place[];

export type PlaceId = (typeof places)[number]['id'];

/** The screen that holds a setting. */
export function placeOf(path: string): Place | undefined {
  return places.find(({ paths }) => paths.some((one: string) => path === one || path.startsWith(`${one}.`)));
}
