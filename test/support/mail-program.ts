import { once } from 'node:events';
import { ImapFlow } from 'imapflow';
import { createTransport, type Transporter } from 'nodemailer';
import type { RunningBox } from '../e2e/running-box.ts';

/** Real clients of somebody who has an account on a box. */
type Office = Pick<RunningBox, 'listeners' | 'accounts'>;

/** Sends over the submission port: STARTTLS, then the login. */
export function sender({ listeners, accounts }: Office, user: string): Transporter {
  const { address, port } = listeners.submission!;
  return createTransport({
    host: address,
    port,
    requireTLS: true,
    auth: { user, pass: accounts[user]! },
    tls: { rejectUnauthorized: false },
  });
}

/** The id in the queue that a reply to a message names. */
export function queueId({ response = '' }: { readonly response?: string | undefined }): string {
  return /accepted as (\w+)/.exec(response)![1]!;
}

/** Opens the INBOX of a user over the IMAPS port. */
export async function withInbox<T>(
  { listeners, accounts }: Office,
  user: string,
  use: (client: ImapFlow) => Promise<T>,
): Promise<T> {
  const { address, port } = listeners.imaps!;
  const client = new ImapFlow({
    host: address,
    port,
    secure: true,
    auth: { user, pass: accounts[user]! },
    tls: { rejectUnauthorized: false },
    logger: false,
  });
  await client.connect();
  try {
    await client.mailboxOpen('INBOX');
    return await use(client);
  } finally {
    await client.logout();
  }
}

export interface Letter {
  readonly subject: string;
  readonly source: Buffer;
}

/** Waits until a user's INBOX holds what is looked for: `found` is given all its messages. */
export async function inboxUntil<T>(
  office: Office,
  user: string,
  found: (letters: readonly Letter[]) => T | undefined,
): Promise<T> {
  return withInbox(office, user, async (client) => {
    for (;;) {
      // Listened for before the look, so that nothing arrives unheard between the two.
      const news = once(client, 'exists');
      const letters: Letter[] = [];
      for await (const { envelope, source } of client.fetch('1:*', { envelope: true, source: true }))
        letters.push({ subject: envelope?.subject ?? '', source: source! });
      const answer = found(letters);
      if (answer !== undefined) return answer;
      // Ends with the next command.
      client.idle().catch(() => {});
      await news;
    }
  });
}

/** Waits until a message stands in a user's INBOX whose subject matches. */
export async function inboxMessage(office: Office, user: string, subject: RegExp): Promise<Letter> {
  return inboxUntil(office, user, (letters) => letters.find((one) => subject.test(one.subject)));
}
