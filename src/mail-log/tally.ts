import type { BoxEvent, EventFields } from '../lib/events.ts';
import type { Statement } from '../lib/sqlite.ts';
import { dayOf, hourOf } from './local-day.ts';

/** What is counted of the events, in rows as `schema.ts` keeps them. Pure but for its own sums. */

/**
 * mailIn: deliveries into mailboxes; mailOut: recipients handed to other hosts; both without what the box writes itself
 * (received faxes, reports). faxOut: faxes sent, one a recipient; faxIn: faxes received. Failed ones are recipients, too.
 */
export const measures = [
  'accepted',
  'bytes',
  'mailIn',
  'mailOut',
  'mailRefused',
  'mailDeferred',
  'mailFailed',
  'reports',
  'faxIn',
  'faxOut',
  'faxDeferred',
  'faxFailed',
  'pagesIn',
  'pagesOut',
  'logins',
  'loginsRefused',
] as const;
export type Measure = (typeof measures)[number];

export const lists = [
  'sender',
  'recipient',
  'host',
  'trouble-host',
  'deferred',
  'failed',
  'refused',
  'refused-client',
  'client',
  'login',
  'login-refused',
] as const;
export type ListName = (typeof lists)[number];

/** Names of one day and list that are gathered between two writes; further ones are counted as one. */
const namesLimit = 2000;
const maxNameLength = 200;
/** The name of all for which there was no room. */
export const otherNames = '';

interface Sums {
  readonly counts: Map<string, { day: number; hour: number; measure: Measure; count: number }>;
  readonly tops: Map<string, { day: number; list: ListName; name: string; count: number; sizeBytes: number }>;
  readonly lines: Map<
    string,
    { day: number; line: string; direction: string; calls: number; failed: number; pages: number; durationMs: number }
  >;
}

export class Tally {
  readonly #sums: Sums = { counts: new Map(), tops: new Map(), lines: new Map() };
  readonly #counted: (day: number, measure: Measure, count: number) => void;

  /** @param counted hears of all that is counted, but not of what is merged */
  constructor(counted: (day: number, measure: Measure, count: number) => void = () => {}) {
    this.#counted = counted;
  }

  add(event: BoxEvent): void {
    const { at } = event;
    switch (event.name) {
      case 'queue.accepted':
        this.#accepted(at, event.fields);
        break;
      case 'queue.delivered':
        this.#delivered(at, event.fields);
        break;
      case 'queue.deferred':
      case 'queue.failed':
        this.#undelivered(at, event.name === 'queue.failed' ? 'failed' : 'deferred', event.fields);
        break;
      case 'smtp.refused': {
        const { reason, remote } = event.fields;
        this.#count(at, 'mailRefused');
        this.#top(at, 'refused', reasonName(reason));
        this.#top(at, 'refused-client', remote);
        break;
      }
      case 'dsn.sent':
        this.#count(at, 'reports');
        break;
      case 'login.accepted': {
        const { account, protocol } = event.fields;
        this.#count(at, 'logins');
        this.#top(at, 'login', `${account} (${protocol})`);
        break;
      }
      case 'login.refused':
        this.#count(at, 'loginsRefused');
        this.#top(at, 'login-refused', event.fields.remote);
        break;
      case 'fax.received':
        this.#count(at, 'faxIn');
        break;
      case 'call.ended':
        this.#call(at, event.fields);
        break;
    }
  }

  get isEmpty(): boolean {
    return this.#sums.counts.size + this.#sums.lines.size === 0;
  }

  /** Takes another's sums in: of what could not be written. */
  merge(other: Tally): void {
    for (const { day, hour, measure, count } of other.#sums.counts.values()) this.#addCount(day, hour, measure, count);
    for (const { day, list, name, count, sizeBytes } of other.#sums.tops.values())
      this.#addTop(day, list, name, count, sizeBytes);
    for (const one of other.#sums.lines.values()) this.#addLine(one);
  }

  statements(): Statement[] {
    const rows = (one: Map<string, object>): string =>
      JSON.stringify([...one.values()].map((row) => Object.values(row)));
    const { counts, tops, lines } = this.#sums;
    return [
      { sql: addCounts, params: [rows(counts)] },
      { sql: addTops, params: [rows(tops)] },
      { sql: addLines, params: [rows(lines)] },
    ];
  }

  #accepted(at: number, { reversePath, source, sizeBytes, remote }: EventFields<'queue.accepted'>): void {
    if (remote !== '') this.#top(at, 'client', remote, sizeBytes);
    this.#count(at, 'accepted');
    this.#count(at, 'bytes', sizeBytes);
    if (!isOwn(source) && reversePath !== '') this.#top(at, 'sender', reversePath.toLowerCase(), sizeBytes);
  }

  #delivered(at: number, { source, agent, action, place, host, recipient }: EventFields<'queue.delivered'>): void {
    if (action === 'expanded') return;
    if (agent === 'fax') this.#count(at, 'faxOut');
    if (agent === 'fax' || isOwn(source)) return;
    this.#count(at, agent === 'local' ? 'mailIn' : 'mailOut');
    this.#top(at, 'recipient', recipient.toLowerCase());
    if (agent === 'esmtp') this.#top(at, 'host', host || place);
  }

  #undelivered(at: number, how: 'deferred' | 'failed', fields: EventFields<'queue.failed'>): void {
    const { agent, status, host, place } = fields;
    const measure = agent === 'fax' ? 'fax' : 'mail';
    this.#count(at, how === 'failed' ? `${measure}Failed` : `${measure}Deferred`);
    this.#top(at, how, `${measure} ${status}`);
    if (agent === 'esmtp') this.#top(at, 'trouble-host', host || place);
  }

  #call(at: number, { line, direction, pages, result, durationMs }: EventFields<'call.ended'>): void {
    this.#count(at, direction === 'in' ? 'pagesIn' : 'pagesOut', pages);
    const failed = result === 'done' ? 0 : 1;
    this.#addLine({ day: dayOf(at), line, direction, calls: 1, failed, pages, durationMs: Math.round(durationMs) });
  }

  #count(at: number, measure: Measure, count = 1): void {
    if (count === 0) return;
    const day = dayOf(at);
    this.#counted(day, measure, count);
    this.#addCount(day, hourOf(at), measure, count);
  }

  #top(at: number, list: ListName, name: string, sizeBytes = 0): void {
    this.#addTop(dayOf(at), list, name.slice(0, maxNameLength), 1, sizeBytes);
  }

  #addCount(day: number, hour: number, measure: Measure, count: number): void {
    const { counts } = this.#sums;
    const key = `${day} ${hour} ${measure}`;
    const known = counts.get(key);
    if (known) known.count += count;
    else counts.set(key, { day, hour, measure, count });
  }

  #addTop(day: number, list: ListName, name: string, count: number, sizeBytes: number): void {
    const { tops } = this.#sums;
    const known = tops.get(`${day} ${list} ${name}`);
    if (known) {
      known.count += count;
      known.sizeBytes += sizeBytes;
    } else if (tops.size < namesLimit * lists.length || name === otherNames) {
      tops.set(`${day} ${list} ${name}`, { day, list, name, count, sizeBytes });
    } else this.#addTop(day, list, otherNames, count, sizeBytes);
  }

  #addLine(one: { day: number; line: string; direction: string } & LineSums): void {
    const { lines } = this.#sums;
    const key = `${one.day} ${one.line} ${one.direction}`;
    const known = lines.get(key);
    if (!known) {
      lines.set(key, { ...one });
      return;
    }
    known.calls += one.calls;
    known.failed += one.failed;
    known.pages += one.pages;
    known.durationMs += one.durationMs;
  }
}

interface LineSums {
  calls: number;
  failed: number;
  pages: number;
  durationMs: number;
}

/** What the box writes itself: received faxes and reports. */
function isOwn(source: string): boolean {
  return source === 'fax' || source === 'dsn';
}

/** The enhanced status code (RFC 3463) that a refusal begins with: its text names people and differs each time. */
function reasonName(reason: string): string {
  return `mail ${/^\d\.\d{1,3}\.\d{1,3}/.exec(reason)?.[0] ?? '5.0.0'}`;
}

const addCounts = `
  INSERT INTO counts SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?) WHERE true
  ON CONFLICT DO UPDATE SET count = count + excluded.count`;
const addTops = `
  INSERT INTO tops SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each(?) WHERE true
  ON CONFLICT DO UPDATE SET count = count + excluded.count, size_bytes = size_bytes + excluded.size_bytes`;
const addLines = `
  INSERT INTO lines SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each(?)
  WHERE true ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, failed = failed + excluded.failed,
    pages = pages + excluded.pages, duration_ms = duration_ms + excluded.duration_ms`;
