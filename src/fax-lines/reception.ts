import { access } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import type { FaxArchive } from '../fax-archive/fax-archive.ts';
import type { FaxRecord, PageFile } from '../fax-archive/fax-record.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import { composeMessage, messageId, type RandomBytes } from '../mail/compose.ts';
import { receivedField } from '../mail/received.ts';
import type { Entrance } from '../queue/types.ts';
import type { CallLog, CallRecord } from './call-log.ts';
import { faxMail, faxSubject, type PageToPng } from './fax-mail.ts';

export interface ReceptionParts {
  readonly config: () => Config;
  readonly log: CallLog;
  readonly archive: FaxArchive;
  readonly entrance: Entrance;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  readonly random: RandomBytes;
  readonly pageToPng: PageToPng;
  /** Accounts that mail for an address reaches. */
  readonly accountsOf: (address: string) => readonly string[];
}

/** When the queue takes nothing, it is asked again after this time. */
const retryMs = 60_000;

/**
 * From received pages to the archive and to mail. What the log says is to be mailed is taken over and mailed, in order,
 * until it is: the id of the call is the id of the fax and of the submission, so that doing it again after a crash makes
 * no second one.
 */
export class Reception {
  readonly #parts: ReceptionParts;
  readonly #stop = new AbortController();
  #wanted = false;
  #working: Promise<void> | undefined;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
  }

  start(): void {
    this.wake();
  }

  /** There may be something to mail. */
  wake(): void {
    this.#wanted = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#wanted && !this.#stop.signal.aborted) this.wake();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#working;
  }

  /** Mails a fax of the archive once more. @returns the id of the message @throws SubmitError */
  async reroute(id: string, recipients: readonly string[]): Promise<string> {
    const { archive, ids } = this.#parts;
    const fax = archive.get(id);
    if (!fax) throw new Error(`there is no fax ${id}`);
    const message = await this.#submit(fax, await readable(archive.pages(id)), recipients, ids());
    await archive.delivered(id, message, this.#people(recipients));
    return message;
  }

  async #work(): Promise<void> {
    while (this.#wanted && !this.#stop.signal.aborted) {
      this.#wanted = false;
      for (const call of this.#parts.log.toMail()) {
        if (this.#stop.signal.aborted) return;
        try {
          await this.#mail(call);
        } catch (error) {
          this.#parts.events.emit('box.fault', { where: `mail of fax ${call.id}`, error: String(error) });
          this.#wanted = true;
        }
      }
      if (this.#wanted) await sleep(this.#parts.clock, retryMs, this.#stop.signal).catch(() => {});
    }
  }

  async #mail(call: CallRecord): Promise<void> {
    const { config, log, archive, events } = this.#parts;
    const pages = await readable(log.pages(call.id));
    const recipients = faxRecipients(config(), call.line);
    const people = this.#people(recipients);
    const fax = await archive.receive(receivedFax(call, pages.length), pages, people);
    const message = await this.#submit(fax, pages, recipients, call.id);
    await archive.delivered(call.id, message, people);
    await log.mailed(call.id, message);
    const from = call.station || call.number;
    events.emit('fax.received', { call: call.id, line: call.line, message, pages: pages.length, from });
  }

  /** @param id of the submission: with the same one there is no second mail */
  async #submit(
    fax: FaxRecord,
    pages: readonly PageFile[],
    recipients: readonly string[],
    id: string,
  ): Promise<string> {
    const { config, entrance, random, pageToPng } = this.#parts;
    const { name } = config();
    const draft = { ...faxMail(fax, pages, config(), recipients, pageToPng), messageId: messageId(id, name) };
    const accepted = await entrance.submit({
      id,
      source: 'fax',
      envelope: {
        reversePath: reversePath(config(), recipients),
        recipients: recipients.map((address) => ({ address })),
      },
      content: withTrace(fax, name, composeMessage(draft, random)),
    });
    return accepted.id;
  }

  /** Those who may look at it: who was named, and whose mailboxes that reaches. */
  #people(recipients: readonly string[]): readonly string[] {
    return [...new Set(recipients.flatMap((address) => [address, ...this.#parts.accountsOf(address)]))];
  }
}

function receivedFax(call: CallRecord, pages: number): Parameters<FaxArchive['receive']>[0] {
  const { id, number, station, callerName, calledNumber, line, startedAt, durationMs, text } = call;
  const state = call.result === 'done' ? 'received' : 'partial';
  return {
    ...{ id, number, station, callerName, calledNumber, line, startedAt, durationMs, text, state },
    subject: faxSubject({ station, callerName, number, state }, pages),
    confirmed: call.pages,
    bitRate: call.parameters?.bitRate ?? 0,
  };
}

/** Who gets a fax: the line's people, else the general ones, else the postmaster. */
export function faxRecipients(config: Config, line: string): readonly string[] {
  const own = config.fax.lines.find(({ id }) => id === line)?.deliverTo ?? [];
  if (own.length > 0) return own;
  if (config.fax.deliverTo.length > 0) return config.fax.deliverTo;
  return [config.postmaster || `postmaster@${config.name}`];
}

/** A page that the disk has lost must not keep the others back; the text of the mail tells how many came. */
async function readable(pages: readonly PageFile[]): Promise<PageFile[]> {
  const found = await Promise.allSettled(pages.map(({ file }) => access(file)));
  return pages.filter((_, index) => found[index]!.status === 'fulfilled');
}

/** A fax that cannot be delivered comes back to the postmaster, who is no help where the fax was theirs. */
function reversePath({ postmaster }: Config, recipients: readonly string[]): string {
  return recipients.includes(postmaster) ? '' : postmaster;
}

async function* withTrace(
  fax: FaxRecord,
  name: string,
  message: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const from = fax.station || fax.number || 'unknown';
  const at = fax.startedAt + fax.durationMs;
  yield Buffer.from(receivedField({ from, by: name, with: 'fax', id: fax.id, at }));
  yield* message;
}
