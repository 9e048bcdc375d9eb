import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './files.ts';
import { folderName } from './folder-name.ts';
import type { MailboxHome } from './folder-state.ts';
import { Serial } from './locks.ts';
import {
  formatSubscriptions,
  parseSubscriptions,
  type SubscriptionList,
  subscriptionListLimitBytes,
  subscriptionListName,
  subscriptionsLimit,
} from './subscription-list.ts';

/** The file of subscriptions, read each time since Courier may write it too. */
export class SubscriptionFile {
  readonly #home: Pick<MailboxHome, 'maildir' | 'files' | 'ids'>;
  readonly #lock = new Serial();

  constructor(home: Pick<MailboxHome, 'maildir' | 'files' | 'ids'>) {
    this.#home = home;
  }

  async names(): Promise<readonly string[]> {
    return [...(await this.#read()).names].sort();
  }

  /** Names that cannot be a folder, and those beyond the limit, are not kept. */
  set(name: string, on: boolean): Promise<void> {
    return this.#lock.run(async () => {
      const kept = folderName(name);
      const list = await this.#read();
      if (kept === undefined || list.names.has(kept) === on) return;
      if (on && list.names.size >= subscriptionsLimit) throw new RangeError('too many subscriptions');
      const names = new Set(list.names);
      if (on) names.add(kept);
      else names.delete(kept);
      await this.#write({ ...list, names });
    });
  }

  get #path(): string {
    return join(this.#home.maildir, subscriptionListName);
  }

  async #read(): Promise<SubscriptionList> {
    try {
      if ((await stat(this.#path)).size > subscriptionListLimitBytes) return parseSubscriptions('');
      return parseSubscriptions(await readFile(this.#path, 'utf8'));
    } catch (error) {
      if (isMissing(error)) return parseSubscriptions('');
      throw error;
    }
  }

  async #write(list: SubscriptionList): Promise<void> {
    const { files, ids, maildir } = this.#home;
    const aside = join(maildir, 'tmp', ids());
    await files.writeAside(aside, formatSubscriptions(list));
    await files.rename(aside, this.#path);
    await files.syncFolder(maildir);
  }
}
