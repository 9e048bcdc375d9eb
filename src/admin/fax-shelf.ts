import type { FaxArchive } from '../fax-archive/fax-archive.ts';
import type { FaxRecord, PageFile } from '../fax-archive/fax-record.ts';
import type { CallRecord } from '../fax-lines/call-log.ts';
import type { FaxLines } from '../fax-lines/fax-lines.ts';
import type { Queue } from '../queue/queue.ts';
import type { QueueRecipient } from '../queue/view.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import { callViewOf } from './fax-admin.ts';
import type { FaxInfo, FaxPageView, FaxView } from './views/fax-archive-views.ts';

export interface FaxShelfParts {
  readonly archive: FaxArchive;
  readonly lines: Pick<FaxLines, 'calls'>;
  readonly queue: Pick<Queue, 'show'>;
}

/** Faxes as they are looked at: those of the archive, and those that come in at this moment. Who may see which, is held here. */
export class FaxShelf {
  readonly #parts: FaxShelfParts;

  constructor(parts: FaxShelfParts) {
    this.#parts = parts;
  }

  /** Calls in that have not ended, as faxes. */
  comingIn(): FaxRecord[] {
    const calls = this.#parts.lines.calls.underWay().filter(({ direction }) => direction === 'in');
    return calls.map(comingIn).toReversed();
  }

  /**
   * The fax, when there is one and `account` may see it; an empty account sees all.
   * @throws AdminError noInput, alike for a fax that is none and one that is not theirs
   */
  find(id: string, account: string): FaxRecord {
    const { archive } = this.#parts;
    const fax = archive.get(id);
    const isTheirs = account === '' || (fax && archive.people(id).includes(account.toLowerCase()));
    if (fax && isTheirs) return fax;
    const coming = account === '' ? this.comingIn().find((one) => one.id === id) : undefined;
    if (coming) return coming;
    throw new AdminError(exitCodes.noInput, `there is no fax ${id}: see caselli fax list`);
  }

  pages({ id }: Pick<FaxRecord, 'id'>): readonly PageFile[] {
    const { archive, lines } = this.#parts;
    return archive.get(id) ? archive.pages(id) : lines.calls.pages(id);
  }

  /** What the queue says of a fax that is under way. */
  waiting({ id, message, state }: FaxRecord): { readonly recipient?: QueueRecipient; readonly others: number } {
    const entry = state === 'under-way' && message ? this.#parts.queue.show(message) : undefined;
    const open = entry?.recipients.filter((one) => one.state !== 'delivered' && one.state !== 'failed') ?? [];
    const recipient = open.find((one) => one.id === id);
    return { ...(recipient && { recipient }), others: open.filter((one) => one.id !== id).length };
  }

  view(fax: FaxRecord): FaxView {
    const { id, direction, number, station, callerName, subject, pages, confirmed, text, startedAt, durationMs } = fax;
    return {
      ...{ id, direction, number, subject, pages, confirmed, text },
      state: this.#state(fax),
      at: instant(startedAt),
      station: station || callerName,
      people: this.#parts.archive.people(id),
      durationSeconds: Math.round(durationMs / 1000),
    };
  }

  info(fax: FaxRecord): FaxInfo {
    const { id, sender, line, message, endedAt, bitRate, sizeBytes } = fax;
    const { recipient, others } = this.waiting(fax);
    const { calls } = this.#parts.lines;
    const list = calls.ofFax(id);
    return {
      ...this.view(fax),
      ...{ sender, line, message, others, bitRate, sizeBytes },
      endedAt: instant(endedAt),
      nextAttempt: recipient?.state === 'waiting' ? instant(recipient.nextAttempt) : '',
      pageList: this.pages(fax).map(pageView),
      // Calls from before faxes were kept have no fax beside them.
      calls: (list.length > 0 ? list : [calls.get(id)].filter((one) => one !== undefined)).map(callViewOf),
    };
  }

  #state(fax: FaxRecord): FaxView['state'] {
    if (fax.state !== 'under-way') return fax.state;
    if (fax.direction === 'in') return 'crossing';
    if (this.#parts.lines.calls.underWay().some((call) => call.fax === fax.id)) return 'crossing';
    return this.waiting(fax).recipient?.state === 'held' ? 'held' : 'waiting';
  }
}

function pageView({ page, widthPx, resolution, lines, badLines }: PageFile): FaxPageView {
  return { page, widthPx, resolution, lines, badLines };
}

function comingIn(call: CallRecord): FaxRecord {
  const { id, line, number, station, callerName, calledNumber, startedAt, pages } = call;
  return {
    ...{ id, line, number, station, callerName, calledNumber, startedAt, pages },
    ...{ direction: 'in', state: 'under-way', address: '', sender: '', subject: '', message: '', text: '' },
    ...{ endedAt: 0, durationMs: 0, confirmed: pages, calls: 1, bitRate: 0, sizeBytes: 0 },
  };
}

function instant(ms: number): string {
  return ms > 0 ? new Date(ms).toISOString() : '';
}
