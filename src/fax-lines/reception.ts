import { access, readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import { type Raster, resolutions } from '../fax/raster.ts';
import { MhDecoder } from '../fax/t4-decode.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { durationText, plural } from '../lib/words.ts';
import { type Body, composeMessage, type Draft, messageId, type RandomBytes } from '../mail/compose.ts';
import { formatDate } from '../mail/date.ts';
import { receivedField } from '../mail/received.ts';
import { pageLinesLimit } from '../modem/receive-page.ts';
import type { Entrance } from '../queue/types.ts';
import type { CallLog, CallRecord, KeptPage } from './call-log.ts';

/** A page as PNG with square pels. */
export type PageToPng = (raster: Raster) => Promise<Uint8Array>;

export interface ReceptionParts {
  readonly config: () => Config;
  readonly log: CallLog;
  readonly entrance: Entrance;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly random: RandomBytes;
  readonly pageToPng: PageToPng;
}

/** When the queue takes nothing, it is asked again after this time. */
const retryMs = 60_000;

/**
 * From received pages to mail. What the log says is to be mailed is mailed, in order, until it is: the id of the call
 * is the id of the submission, so that asking again after a crash makes no second mail.
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
    const { config, log, entrance, events, random, pageToPng } = this.#parts;
    const pages = await readable(log.pages(call.id));
    const recipients = faxRecipients(config(), call.line);
    const draft = faxMail(call, pages, config(), recipients, pageToPng);
    const accepted = await entrance.submit({
      id: call.id,
      source: 'fax',
      envelope: {
        reversePath: reversePath(config(), recipients),
        recipients: recipients.map((address) => ({ address })),
      },
      content: withTrace(call, config().name, composeMessage(draft, random)),
    });
    await log.mailed(call.id, accepted.id);
    const from = call.station || call.number;
    const fields = { call: call.id, line: call.line, message: accepted.id, pages: pages.length, from };
    events.emit('fax.received', fields);
  }
}

/** Who gets a fax: the line's people, else the general ones, else the postmaster. */
export function faxRecipients(config: Config, line: string): readonly string[] {
  const own = config.fax.lines.find(({ id }) => id === line)?.deliverTo ?? [];
  if (own.length > 0) return own;
  if (config.fax.deliverTo.length > 0) return config.fax.deliverTo;
  return [config.postmaster || `postmaster@${config.name}`];
}

/** A page that the disk has lost must not keep the others back; the text of the mail tells how many came. */
async function readable(pages: readonly KeptPage[]): Promise<KeptPage[]> {
  const found = await Promise.allSettled(pages.map(({ file }) => access(file)));
  return pages.filter((_, index) => found[index]!.status === 'fulfilled');
}

/** A fax that cannot be delivered comes back to the postmaster, who is no help where the fax was theirs. */
function reversePath({ postmaster }: Config, recipients: readonly string[]): string {
  return recipients.includes(postmaster) ? '' : postmaster;
}

async function* withTrace(
  call: CallRecord,
  name: string,
  message: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const from = call.station || call.number || 'unknown';
  const at = call.startedAt + call.durationMs;
  yield Buffer.from(receivedField({ from, by: name, with: 'fax', id: call.id, at }));
  yield* message;
}

/** The mail: a text for people, and one picture a page, each made when its turn comes. */
export function faxMail(
  call: CallRecord,
  pages: readonly KeptPage[],
  config: Config,
  recipients: readonly string[],
  pageToPng: PageToPng,
): Draft {
  const pictures = pages.map(
    (page): Body => ({
      kind: 'file',
      contentType: 'image/png',
      fileName: `page${page.page}.png`,
      content: picture(page, pageToPng),
    }),
  );
  return {
    from: { name: call.station || call.callerName || call.number || 'Fax', address: `fax@${config.name}` },
    to: recipients.map((address) => ({ address })),
    subject: subject(call, pages.length),
    date: call.startedAt + call.durationMs,
    messageId: messageId(call.id, config.name),
    fields: [['Auto-Submitted', 'auto-generated']],
    body: {
      kind: 'multipart',
      subtype: 'mixed',
      parts: [{ kind: 'text', text: description(call, pages, config) }, ...pictures],
    },
  };
}

async function* picture(page: KeptPage, pageToPng: PageToPng): AsyncGenerator<Uint8Array> {
  const { widthPx, resolution } = page;
  const decoder = new MhDecoder({ widthPx, resolution, maxLines: pageLinesLimit });
  decoder.push(await readFile(page.file));
  yield await pageToPng(decoder.end().raster);
}

function subject(call: CallRecord, pages: number): string {
  const [first, second] = [call.station || call.callerName, call.number];
  const from = first && second ? `${first} (${second})` : first || second || 'unknown caller';
  const count = plural(pages, 'page');
  return isPartial(call) ? `Partial fax from ${from}, only ${count} received` : `Fax from ${from}, ${count}`;
}

function isPartial(call: CallRecord): boolean {
  return call.result !== 'done';
}

function description(call: CallRecord, pages: readonly KeptPage[], config: Config): string {
  const line = config.fax.lines.find(({ id }) => id === call.line);
  const { xDpi, yDpi } = resolutions[pages.at(-1)?.resolution ?? 'fine'];
  const resolution = pages.some((page) => page.resolution === 'fine') ? 'fine' : 'standard';
  const rows: readonly (readonly [string, string])[] = [
    ['From', call.station || 'no identification'],
    ['Caller', [call.number || 'not shown', call.callerName && `(${call.callerName})`].filter(Boolean).join(' ')],
    ['Called', call.calledNumber],
    ['Line', [call.line, line?.number && `(${line.number})`].filter(Boolean).join(' ')],
    ['Began', formatDate(call.startedAt)],
    ['Duration', durationText(call.durationMs)],
    ['Pages', String(pages.length)],
    ['Resolution', `${resolution} (${xDpi} by ${yDpi} dots per inch)`],
    ['Speed', call.parameters ? `${call.parameters.bitRate.toLocaleString('en-US')} bit/s` : ''],
    ['Errors', errors(pages)],
  ];
  const head = isPartial(call)
    ? `PARTIAL FAX: only ${plural(pages.length, 'page')} could be received.\n${call.text}\nThe sender's machine knows this and may send the fax again.`
    : `A fax of ${plural(pages.length, 'page')} was received.`;
  const lost = call.pages - pages.length;
  const loss =
    lost > 0 ? `\n${plural(lost, 'page')} of it ${lost === 1 ? 'was' : 'were'} lost on the disk of this box.` : '';
  const table = rows.filter(([, value]) => value !== '').map(([name, value]) => `${`${name}:`.padEnd(12)}${value}`);
  return `${head}${loss}\n\n${table.join('\n')}\n`;
}

/** Pages with lines that were lost on the telephone line. */
function errors(pages: readonly KeptPage[]): string {
  const bad = pages.filter(({ badLines }) => badLines > 0);
  if (bad.length === 0) return 'none';
  const shown = bad.slice(0, 20).map(({ page, badLines, lines }) => `page ${page}: ${badLines} of ${lines} lines`);
  return `${shown.join('; ')}${bad.length > shown.length ? '; …' : ''}`;
}
