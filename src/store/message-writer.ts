import { join } from 'node:path';
import { type Content, chunksOf } from '../lib/durable.ts';
import type { MailboxHome } from './folder-state.ts';
import { LineEndsForStore } from './line-ends.ts';

/** A message written and synced in `tmp`, where no reader looks. */
export interface Aside {
  readonly path: string;
  readonly fileBytes: number;
  readonly sizeBytes: number;
}

/**
 * Writes a message to the Maildir's `tmp`, which serves all folders: they lie on one file system. No lock is held
 * meanwhile, since the content may come from a slow client.
 */
export async function writeAsideLf(home: MailboxHome, content: Content): Promise<Aside> {
  const path = join(home.maildir, 'tmp', `${Math.floor(home.clock.now() / 1000)}.${home.ids()}.${home.host}`);
  const ends = new LineEndsForStore();
  await home.files.writeAside(path, ends.pass(chunksOf(content)));
  return { path, fileBytes: ends.fileBytes, sizeBytes: ends.sizeBytes };
}
