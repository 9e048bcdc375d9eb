import { folderName } from './folder-name.ts';

/**
 * Courier's list of subscriptions, `courierimapsubscribed` in the Maildir: one name a line, in Courier's name space,
 * where all folders stand below INBOX. Lines that are no folder of this mailbox (shared ones) are kept as they are.
 */
export const subscriptionListName = 'courierimapsubscribed';

/** The most subscriptions one mailbox keeps, and the longest file that is read. */
export const subscriptionsLimit = 5000;
export const subscriptionListLimitBytes = 4 * 1024 * 1024;

export interface SubscriptionList {
  readonly names: ReadonlySet<string>;
  readonly foreign: readonly string[];
}

export function parseSubscriptions(text: string): SubscriptionList {
  const names = new Set<string>();
  const foreign: string[] = [];
  for (const line of text.split('\n').slice(0, 2 * subscriptionsLimit)) {
    if (line === '') continue;
    const name = /^inbox$/i.test(line) ? 'INBOX' : /^inbox\./i.test(line) ? folderName(line.slice(6)) : undefined;
    if (name === undefined) foreign.push(line);
    else names.add(name);
  }
  return { names, foreign };
}

export function formatSubscriptions(list: SubscriptionList): string {
  const lines = [...list.names].sort().map((name) => (name === 'INBOX' ? name : `INBOX.${name}`));
  return [...lines, ...list.foreign].map((line) => `${line}\n`).join('');
}
