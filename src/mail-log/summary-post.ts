import type { Config } from '../config/schema.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { addDays, dayOf, dayText, hourOf } from './local-day.ts';
import type { MailLog } from './mail-log.ts';
import { firstDay, type Period, type Span, spanOf, summarize } from './summary.ts';
import { type Letter, summaryLetter } from './summary-mail.ts';

export interface SummaryPostParts {
  readonly log: MailLog;
  readonly config: () => Config['summary'];
  /** Of the box. */
  readonly name: () => string;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Hands a letter in, once for each id. @param to undefined for the postmaster. @returns `no-room`: again later */
  readonly write: (letter: Letter, about: string, id: string, to?: string) => Promise<'sent' | 'dropped' | 'no-room'>;
}

/** What is due is looked for once in so long. */
const lookMs = 10 * 60_000;
const posted = ['day', 'week', 'month'] as const satisfies readonly Period[];

/** Mails the summaries that the settings want, each once; what fell due while the box was off, when it is on again. */
export class SummaryPost {
  readonly #parts: SummaryPostParts;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: SummaryPostParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.timer(lookMs, () => {
      this.look()
        .catch((error: unknown) => this.#parts.events.emit('box.fault', { where: 'summaries', error: String(error) }))
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Mails what is due. */
  async look(): Promise<void> {
    const { config, clock, log } = this.#parts;
    await log.flush();
    const { daily, weekly, monthly, hour } = config();
    const wanted = { day: daily, week: weekly, month: monthly };
    const now = clock.now();
    const today = dayOf(now);
    for (const period of posted) {
      const span = spanOf(period, addDays(spanOf(period, today).from, -1));
      const isTime = hourOf(now) >= hour || addDays(span.until, 1) < today;
      if (wanted[period] && isTime && this.#isNew(period, span)) await this.#post(period, span);
    }
  }

  /** Not mailed yet, and there was a box to tell of. */
  #isNew(period: Period, { from, until }: Span): boolean {
    const { db } = this.#parts.log;
    const first = db && firstDay(db);
    if (!db || first === undefined || first > until) return false;
    return db.get('SELECT 1 FROM posted WHERE period = ? AND day = ?', period, from) === undefined;
  }

  async #post(period: Period, { from }: Span): Promise<void> {
    const { log, name, write, config, clock } = this.#parts;
    const letter = summaryLetter(summarize(log.db!, period, from), name());
    const { to } = config();
    const ids = `summary-${period}-${dayText(from)}`;
    const about = `summary of ${dayText(from)}`;
    const all = to.length === 0 ? [undefined] : to;
    const results = await Promise.all(
      all.map((one) => write(letter, about, one === undefined ? ids : `${ids}-${one}`, one)),
    );
    if (results.includes('no-room')) return;
    await log.write([{ sql: 'INSERT OR IGNORE INTO posted VALUES (?, ?, ?)', params: [period, from, clock.now()] }]);
  }
}
