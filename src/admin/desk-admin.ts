import { DeskError } from '../fax-desk/desk-error.ts';
import type { Draft } from '../fax-desk/drafts.ts';
import type { FaxDesk } from '../fax-desk/fax-desk.ts';
import type { Counts, Sending, SendingRecipient } from '../fax-desk/sendings.ts';
import type { Content } from '../lib/durable.ts';
import { AdminError, exitCodes, type Output } from './admin-api.ts';
import { instantOf } from './instant.ts';
import type {
  DraftView,
  NumberView,
  PreviewOrder,
  RecipientsView,
  SendingDetail,
  SendingView,
  SendOrder,
} from './views/desk-views.ts';

/**
 * Faxes sent from the panel and the command line. `account` is whose draft or sending it is: empty for the administrator of the
 * box, who sees those of everybody.
 */
export interface DeskAdmin {
  /** Makes a draft when none is named. */
  faxUpload(what: { account: string; draft: string; name: string; type: string }, content: Content): Promise<DraftView>;
  /** An empty draft, for a fax that is its cover page only. */
  faxDraft(what: { account: string }): Promise<DraftView>;
  faxDraftFiles(what: { account: string; draft: string; keys: readonly number[] }): Promise<DraftView>;
  faxDraftDiscard(what: { account: string; draft: string }): Promise<void>;
  /** What would be dialled, or why nothing is. */
  faxNumberCheck(what: { number: string }): Promise<NumberView>;
  /** A pasted list, entries and groups of the address book as the numbers that would be called. */
  faxRecipients(what: {
    account: string;
    text: string;
    entries: readonly string[];
    groups: readonly string[];
    others: readonly { number: string; name: string }[];
  }): Promise<RecipientsView>;
  faxPreview(order: PreviewOrder): Promise<{ id: string; pages: number; coverPages: number; problem: string }>;
  /** A page of a preview as PNG, counted from 1. */
  faxPreviewPage(
    what: { account: string; draft: string; preview: string; page: number },
    output: Output,
  ): Promise<void>;
  faxSend(order: SendOrder): Promise<{ readonly id: string }>;
  faxSendings(what: { account: string; limit: number }): Promise<readonly SendingView[]>;
  faxSending(what: { account: string; id: string }): Promise<SendingDetail>;
  /** @returns how many numbers are tried again. */
  faxSendingRetry(what: { account: string; id: string }): Promise<{ readonly recipients: number }>;
  faxSendingCancel(what: { account: string; id: string }): Promise<void>;
  /** An empty `at` sends it now. */
  faxSendingSchedule(what: { account: string; id: string; at: string }): Promise<void>;
}

export interface DeskAdminParts {
  readonly desk: FaxDesk;
  readonly limitBytes: () => number;
  /** Numbers of entries and groups that the account sees, and what of them has none. */
  readonly numbers: (
    account: string,
    entries: readonly string[],
    groups: readonly string[],
  ) => { readonly found: readonly { number: string; name: string }[]; readonly without: readonly string[] };
  readonly now: () => number;
}

export function deskAdmin({ desk, limitBytes, numbers, now }: DeskAdminParts): DeskAdmin {
  const draftView = ({ id, files }: Draft): DraftView => ({ id, files, limitBytes: limitBytes() });
  const own = (account: string, id: string): Sending => {
    const sending = desk.sendings.get(id);
    if (!sending || (account !== '' && sending.account !== account))
      throw new AdminError(exitCodes.noInput, `there is no fax ${id}: see caselli fax broadcasts`);
    return sending;
  };
  const senderOf = (account: string, sender: string): string => {
    if (account === '' || sender === account) return sender;
    throw new AdminError(exitCodes.noPermission, 'a fax is sent in the own name');
  };
  return told({
    faxUpload: async ({ account, draft, name, type }, content) => {
      const { id } = draft === '' ? await desk.drafts.create(account) : desk.drafts.get(account, draft);
      try {
        return draftView(await desk.drafts.addFile(account, id, { name, type }, chunks(content)));
      } catch (error) {
        if (draft === '') await desk.drafts.remove(id);
        throw error;
      }
    },
    faxDraft: async ({ account }) => draftView(await desk.drafts.create(account)),
    faxDraftFiles: async ({ account, draft, keys }) => draftView(await desk.drafts.arrange(account, draft, keys)),
    faxDraftDiscard: async ({ account, draft }) => desk.discard(account, draft),
    faxNumberCheck: async ({ number }) => {
      const check = desk.check(number, { cover: true, resolution: 'fine' });
      return check.kind === 'accepted'
        ? { accepted: true, dialled: check.dialled, reason: '' }
        : { accepted: false, dialled: '', reason: check.reason };
    },
    faxRecipients: async ({ account, text, entries, groups, others }) => {
      const { found, without } = numbers(account, entries, groups);
      const all = desk.recipients(text, [...others, ...found]);
      const problem = 'has no fax number in the address book';
      return { ...all, problems: [...without.map((name) => ({ line: 0, text: name, problem })), ...all.problems] };
    },
    faxPreview: async ({ account, at, sender, ...order }) =>
      desk.preview(account, { ...order, sender: senderOf(account, sender), at: timeOf(at) }),
    faxPreviewPage: async ({ account, draft, preview, page }, output) =>
      output(await desk.picture(account, draft, preview, page - 1)),
    faxSend: async ({ account, at, sender, ...order }) => {
      const { id } = await desk.send(account, { ...order, sender: senderOf(account, sender), at: timeOf(at) });
      return { id };
    },
    faxSendings: async ({ account, limit }) =>
      desk.sendings
        .list(account === '' ? 'all' : account, limit)
        .map(({ sending, counts }) => sendingView(sending, counts, desk.sendings.first(sending.id))),
    faxSending: async ({ account, id }) => {
      const sending = own(account, id);
      await desk.settled();
      const recipients = desk.sendings.recipients(id);
      return {
        ...sendingView(sending, desk.sendings.counts(id), recipients[0]),
        recipients: recipients.map(({ number, name, dialled, state, text, nextAt, finishedAt, message }) => ({
          ...{ number, name, dialled, state, text, message },
          nextAttempt: nextAt > now() ? instant(nextAt) : '',
          finishedAt: finishedAt > 0 ? instant(finishedAt) : '',
        })),
      };
    },
    faxSendingRetry: async ({ account, id }) => ({ recipients: await desk.retry(own(account, id).id) }),
    faxSendingCancel: async ({ account, id }) => desk.cancel(own(account, id).id),
    faxSendingSchedule: async ({ account, id, at }) => desk.schedule(own(account, id).id, timeOf(at) ?? now()),
  });
}

function timeOf(at: string): number | undefined {
  return at === '' ? undefined : instantOf(at);
}

function sendingView(sending: Sending, counts: Counts, first: SendingRecipient | undefined): SendingView {
  const { id, account, sender, createdAt, notBefore, letter, files, pages } = sending;
  return {
    ...{ id, account, sender, pages, ...counts },
    createdAt: instant(createdAt),
    notBefore: notBefore > createdAt ? instant(notBefore) : '',
    subject: letter.subject,
    files: files.map(({ name }) => name),
    to: first ? first.name || first.number : '',
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

async function* chunks(content: Content): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}

const exits = { missing: exitCodes.noInput, invalid: exitCodes.data, later: exitCodes.tempFail } as const;

/** Words of the desk in the form of this interface. */
function told<Methods extends object>(methods: Methods): Methods {
  const wrap =
    // biome-ignore lint/suspicious/noExplicitAny: whatever a method takes is passed on.
      (method: (...parameters: any[]) => Promise<unknown>) =>
      // biome-ignore lint/suspicious/noExplicitAny: see above.
      async (...parameters: any[]): Promise<unknown> => {
        try {
          return await method(...parameters);
        } catch (error) {
          if (error instanceof DeskError) throw new AdminError(exits[error.kind], error.message);
          throw error;
        }
      };
  return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, wrap(method)])) as Methods;
}
