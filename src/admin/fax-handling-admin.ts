import type { AccountInfo } from '../accounts/directory-snapshot.ts';
import type { Config } from '../config/schema.ts';
import { parseFaxAddress } from '../fax/fax-address.ts';
import type { Raster } from '../fax/raster.ts';
import { tiffPage, writeTiff } from '../fax/tiff.ts';
import type { FaxArchive } from '../fax-archive/fax-archive.ts';
import type { FaxRecord } from '../fax-archive/fax-record.ts';
import { faxDescription } from '../fax-lines/fax-mail.ts';
import type { Clock } from '../lib/clock.ts';
import type { IdSource } from '../lib/ids.ts';
import { composeMessage, type Draft, messageId, type RandomBytes } from '../mail/compose.ts';
import { receivedField } from '../mail/received.ts';
import type { Queue } from '../queue/queue.ts';
import { SubmitError } from '../queue/types.ts';
import type { Asker, Routing } from '../routing/types.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import { pdfOf, readPage } from './fax-archive-admin.ts';
import { sentDescription } from './fax-description.ts';
import type { FaxShelf } from './fax-shelf.ts';
import type { FaxSubmitted } from './views/fax-archive-views.ts';

interface Which {
  readonly id: string;
  /** Whose fax it must be; empty for anybody's. */
  readonly account: string;
}

/** What can be done with a fax of the archive. */
export interface FaxHandlingAdmin {
  /** Mails the fax as PDF, with what is known of it. */
  faxForward(what: Which & { to: readonly string[]; note: string }): Promise<FaxSubmitted>;
  /** Sends the same pages once more: to `number`, or where the fax went to, or came from. */
  faxResend(what: Which & { number: string }): Promise<FaxSubmitted>;
  /** Delivers a received fax to other people, as at its arrival. */
  faxReroute(what: { id: string; to: readonly string[] }): Promise<FaxSubmitted>;
  /** Makes no call until it is released; holds the other recipients of its message too. */
  faxHold(what: Which): Promise<void>;
  faxRelease(what: Which): Promise<void>;
  /** Calls as soon as a line is free. */
  faxRetry(what: Which): Promise<void>;
  /** Makes no further call, and breaks off the one under way; the sender is told. */
  faxCancel(what: Which & { reason: string }): Promise<void>;
  /** Sends what waits to another number in place of its own. */
  faxNumber(what: Which & { number: string }): Promise<FaxSubmitted>;
}

export interface FaxHandlingParts {
  readonly archive: FaxArchive;
  readonly shelf: FaxShelf;
  readonly queue: Pick<Queue, 'submit' | 'content' | 'hold' | 'release' | 'retry' | 'reroute'>;
  /** Makes no further call for a fax. */
  readonly cancel: (id: string, reason: string) => Promise<void>;
  readonly reroute: (id: string, recipients: readonly string[]) => Promise<string>;
  readonly route: (address: string, asker: Asker) => Routing;
  readonly account: (address: string) => Pick<AccountInfo, 'fullName' | 'fax'> | undefined;
  readonly faxToPdf: Parameters<typeof pdfOf>[2];
  readonly config: () => Config;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly random: RandomBytes;
}

export function faxHandlingAdmin(parts: FaxHandlingParts): FaxHandlingAdmin {
  const { shelf, queue, archive } = parts;
  const waiting = (what: Which): FaxRecord => underWay(shelf, what);
  return {
    faxForward: (what) => asked(() => forward(parts, what)),
    faxResend: (what) => asked(() => resend(parts, what)),
    faxReroute: ({ id, to }) =>
      asked(async () => {
        const fax = shelf.find(id, '');
        if (fax.direction !== 'in' || fax.state === 'under-way')
          throw new AdminError(exitCodes.usage, 'only a fax that was received can be delivered to other people');
        checkRecipients(parts, to, askerOf(parts, ''));
        return { message: await parts.reroute(id, to) };
      }),
    faxHold: async (what) => void (await queue.hold(waiting(what).message)),
    faxRelease: async (what) => void (await queue.release(waiting(what).message)),
    faxRetry: async (what) => void (await queue.retry({ recipient: waiting(what).id })),
    faxCancel: async (what) => cancel(parts, waiting(what), what.reason),
    faxNumber: (what) =>
      asked(async () => {
        const fax = waiting(what);
        const address = faxAddress(parts, what.number, optionsOf(fax), what.account);
        const rerouted = await queue.reroute({ id: fax.message, recipient: fax.address, to: address });
        if (rerouted.kind === 'done') return { message: fax.message };
        if (rerouted.kind === 'present')
          throw new AdminError(exitCodes.data, `the message goes to ${what.number} already`);
        // There is a call at this moment, which is broken off.
        // Submitted before the other is cancelled: a crash in between sends to both rather than to none.
        const messageKey = parts.ids();
        if (archive.isResend(fax.message)) await archive.noteResend(messageKey, fax.id);
        const { id: message } = await queue.submit({
          id: `${fax.id}:${address}`,
          messageId: messageKey,
          source: 'web',
          envelope: { reversePath: fax.sender, recipients: [{ address }] },
          ...(fax.sender && parts.account(fax.sender) && { account: fax.sender }),
          content: queue.content(fax.message),
        });
        await cancel(parts, fax, `it is sent to ${what.number} in its place.`);
        return { message };
      }),
  };
}

function underWay(shelf: FaxShelf, { id, account }: Which): FaxRecord {
  const fax = shelf.find(id, account);
  if (fax.direction === 'out' && fax.state === 'under-way') return fax;
  throw new AdminError(exitCodes.usage, 'this fax is not under way any more');
}

async function cancel({ cancel: stop, queue, shelf }: FaxHandlingParts, fax: FaxRecord, reason: string): Promise<void> {
  const { recipient, others } = shelf.waiting(fax);
  if (recipient?.state === 'held' && others > 0) {
    const advice = 'release it first, and cancel it then';
    throw new AdminError(exitCodes.usage, `the fax is on hold together with ${others} others: ${advice}`);
  }
  await stop(fax.id, reason || 'somebody wanted it to be sent no more.');
  if (recipient?.state === 'held') await queue.release(fax.message);
  else await queue.retry({ recipient: fax.id });
}

async function forward(
  parts: FaxHandlingParts,
  { id, account, to, note }: Which & { to: readonly string[]; note: string },
): Promise<FaxSubmitted> {
  const { archive, shelf, config, clock, ids, random, faxToPdf } = parts;
  const fax = shelf.find(id, account);
  checkRecipients(parts, to, askerOf(parts, account));
  const pdf = await pdfOf({ archive, shelf }, fax, faxToPdf);
  const pages = shelf.pages(fax);
  const about = fax.direction === 'in' ? faxDescription(fax, pages, config()) : sentDescription(fax);
  const key = ids();
  const { name } = config();
  const with_ = [fax.station || fax.callerName, fax.number].filter(Boolean).join(', ') || 'unknown number';
  const draft: Draft = {
    from: personOf(parts, account),
    to: to.map((address) => ({ address })),
    subject: fax.subject || `Fax ${fax.direction === 'in' ? 'from' : 'to'} ${with_}`,
    date: clock.now(),
    messageId: messageId(key, name),
    body: {
      kind: 'multipart',
      subtype: 'mixed',
      parts: [
        { kind: 'text', text: note.trim() === '' ? about : `${note.trim()}\n\n${about}` },
        { kind: 'file', contentType: 'application/pdf', fileName: `fax-${dayOf(fax.startedAt)}.pdf`, content: pdf },
      ],
    },
  };
  const { id: message } = await parts.queue.submit({
    id: key,
    source: 'web',
    envelope: { reversePath: account || config().postmaster, recipients: to.map((address) => ({ address })) },
    ...(account && { account }),
    content: withTrace(key, name, clock, composeMessage(draft, random)),
  });
  return { message };
}

/** A message with the pages as a fax file; the archive knows its id, so the pages are sent as they are. */
async function resend(
  parts: FaxHandlingParts,
  { id, account, number }: Which & { number: string },
): Promise<FaxSubmitted> {
  const { archive, shelf, config, clock, ids, random, queue } = parts;
  const fax = shelf.find(id, account);
  const pages = shelf.pages(fax);
  if (pages.length === 0) throw new AdminError(exitCodes.noInput, 'this fax has no pages that could be sent');
  const isCoarse = pages.every(({ resolution }) => resolution === 'normal');
  const to = number || numberOf(fax);
  if (to === '') throw new AdminError(exitCodes.usage, 'the number that this fax came from is not known: give one');
  const address = faxAddress(parts, to, isCoarse ? '-lowres' : '', account);
  const rasters: Raster[] = [];
  for (const page of pages) rasters.push(await readPage(archive, page));
  const messageKey = ids();
  const sender = account || fax.sender || config().postmaster;
  const { name } = config();
  const draft: Draft = {
    from: personOf(parts, sender),
    to: [{ address }],
    subject: fax.subject || `Fax of ${dayOf(fax.startedAt)}`,
    date: clock.now(),
    messageId: messageId(messageKey, name),
    body: {
      kind: 'multipart',
      subtype: 'mixed',
      parts: [
        {
          kind: 'file',
          contentType: 'image/tiff',
          fileName: 'fax.tiff',
          content: writeTiff(rasters.map((raster) => tiffPage(raster))),
        },
      ],
    },
  };
  await archive.noteResend(messageKey, fax.id);
  const { id: message } = await queue.submit({
    messageId: messageKey,
    source: 'web',
    envelope: { reversePath: sender, recipients: [{ address }] },
    ...(parts.account(sender) && { account: sender }),
    content: withTrace(messageKey, name, clock, composeMessage(draft, random)),
  });
  return { message };
}

/** As a person would write it: the dial plan is applied to it again. */
function numberOf(fax: FaxRecord): string {
  return fax.direction === 'out' ? fax.address.slice(0, fax.address.lastIndexOf('@')) : fax.number;
}

/** `-lowres-cover` of `5550199@fax-lowres-cover`. */
function optionsOf({ address }: FaxRecord): string {
  return /@fax(-.*)?$/i.exec(address)?.[1] ?? '';
}

/** @throws AdminError when there is no such number, it may not be dialled, or this person may not fax */
function faxAddress(parts: FaxHandlingParts, number: string, options: string, account: string): string {
  const address = `${/^[\w+#*.-]+$/.test(number) ? number : `"${number.replaceAll(/["\\]/g, '')}"`}@fax${options}`;
  const parsed = parseFaxAddress(address);
  if (parsed.kind === 'invalid') throw new AdminError(exitCodes.data, parsed.reason);
  checkRecipients(parts, [address], askerOf(parts, account));
  return address;
}

function askerOf({ account: known }: FaxHandlingParts, account: string): Asker {
  return { relay: true, fax: account === '' || (known(account)?.fax ?? false), source: 'web' };
}

function checkRecipients({ route }: FaxHandlingParts, addresses: readonly string[], asker: Asker): void {
  if (addresses.length === 0) throw new AdminError(exitCodes.usage, 'nobody was named to get it');
  const refused = addresses.flatMap((address) => {
    const routing = route(address, asker);
    return routing.kind === 'refused' ? [`${address}: ${routing.text}`] : [];
  });
  if (refused.length > 0) throw new AdminError(exitCodes.noUser, `nothing was sent: ${refused.join('; ')}`);
}

function personOf({ account: known, config }: FaxHandlingParts, address: string): Draft['from'] {
  if (address === '') return { name: 'Fax', address: `fax@${config().name}` };
  const name = known(address)?.fullName;
  return { address, ...(name && { name }) };
}

async function* withTrace(
  id: string,
  name: string,
  clock: Clock,
  message: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(receivedField({ from: 'the panel of this box', by: name, with: 'local', id, at: clock.now() }));
  yield* message;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** What the queue refuses is told in its words. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SubmitError)) throw error;
    throw new AdminError(error.permanent ? exitCodes.data : exitCodes.tempFail, error.message, { cause: error });
  }
}
