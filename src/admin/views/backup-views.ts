import { z } from 'zod';
import { instant, list, view } from './view.ts';

const tally = z
  .record(z.string(), z.number())
  .readonly()
  .describe('Counts by what is counted: accounts, messages of alice@example.com.');

export const destinationKind = z.enum(['usb', 'sftp', 's3']);

export const backupMade = view({ sizeBytes: z.number(), files: z.int(), tally });
export type BackupMade = z.infer<typeof backupMade>;

export const backupResult = view({
  at: instant,
  what: z.string(),
  to: z.string(),
  name: z.string(),
  scheduled: z.boolean(),
  sizeBytes: z.number(),
  durationSeconds: z.number(),
  error: z.string().describe('Empty when all went well.'),
});
export type BackupResult = z.infer<typeof backupResult>;

export const backupList = view({
  results: list(backupResult).describe('Newest last.'),
  progress: z.number().describe('Per cent of the one that runs now; -1 when none does.'),
  stored: list(view({ name: z.string(), sizeBytes: z.number() })).describe('Newest last; empty without a destination.'),
});
export type BackupList = z.infer<typeof backupList>;

const contentShape = {
  at: instant,
  what: z.string(),
  box: z.string(),
  program: z.string(),
  databases: z.int(),
  tally,
};

export const backupContent = view(contentShape);
export type BackupContent = z.infer<typeof backupContent>;

export const restoreView = view({
  ...contentShape,
  held: z.int().describe('Messages of its queue that were put on hold.'),
  restarts: z.boolean().describe('Whether the box starts again by itself now.'),
});
export type RestoreView = z.infer<typeof restoreView>;

export const mailboxRestored = view({
  restored: z.int().describe('Messages put back.'),
  present: z.int().describe('Messages that were there already.'),
  folders: list(z.string()).describe('Folders that messages were put into.'),
});
