import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import { type Raster, resolutions } from '../fax/raster.ts';
import { T4Decoder } from '../fax/t4-decode.ts';
import type { FaxRecord, PageFile } from '../fax-archive/fax-record.ts';
import { durationText, plural } from '../lib/words.ts';
import { type Body, type Draft, messageId } from '../mail/compose.ts';
import { formatDate } from '../mail/date.ts';
import { pageLinesLimit } from '../modem/receive-page.ts';

/** A page as PNG with square pels. */
export type PageToPng = (raster: Raster) => Promise<Uint8Array>;

/** The mail: a text for people, and one picture a page, each made when its turn comes. */
export function faxMail(
  call: FaxRecord,
  pages: readonly PageFile[],
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
    subject: call.subject || faxSubject(call, pages.length),
    date: call.startedAt + call.durationMs,
    messageId: messageId(call.id, config.name),
    fields: [['Auto-Submitted', 'auto-generated']],
    body: {
      kind: 'multipart',
      subtype: 'mixed',
      parts: [{ kind: 'text', text: faxDescription(call, pages, config) }, ...pictures],
    },
  };
}

async function* picture(page: PageFile, pageToPng: PageToPng): AsyncGenerator<Uint8Array> {
  const { widthPx, resolution } = page;
  const decoder = new T4Decoder({ widthPx, resolution, maxLines: pageLinesLimit });
  decoder.push(await readFile(page.file));
  yield await pageToPng(decoder.end().raster);
}

/** `Fax from OFFICE SUPPLY CO (5550199), 3 pages` */
export function faxSubject(
  call: Pick<FaxRecord, 'station' | 'callerName' | 'number' | 'state'>,
  pages: number,
): string {
  const [first, second] = [call.station || call.callerName, call.number];
  const from = first && second ? `${first} (${second})` : first || second || 'unknown caller';
  const count = plural(pages, 'page');
  return isPartial(call) ? `Partial fax from ${from}, only ${count} received` : `Fax from ${from}, ${count}`;
}

function isPartial({ state }: Pick<FaxRecord, 'state'>): boolean {
  return state === 'partial';
}

/** What is known of a received fax, as the text of a mail. */
export function faxDescription(call: FaxRecord, pages: readonly PageFile[], config: Config): string {
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
    ['Speed', call.bitRate > 0 ? `${call.bitRate.toLocaleString('en-US')} bit/s` : ''],
    ['Errors', errors(pages)],
  ];
  const head = isPartial(call)
    ? `PARTIAL FAX: only ${plural(pages.length, 'page')} could be received.\n${call.text}\nThe sender's machine knows this and may send the fax again.`
    : `A fax of ${plural(pages.length, 'page')} was received.`;
  const lost = call.confirmed - pages.length;
  const loss =
    lost > 0 ? `\n${plural(lost, 'page')} of it ${lost === 1 ? 'was' : 'were'} lost on the disk of this box.` : '';
  const table = rows.filter(([, value]) => value !== '').map(([name, value]) => `${`${name}:`.padEnd(12)}${value}`);
  return `${head}${loss}\n\n${table.join('\n')}\n`;
}

/** Pages with lines that were lost on the telephone line. */
function errors(pages: readonly PageFile[]): string {
  const bad = pages.filter(({ badLines }) => badLines > 0);
  if (bad.length === 0) return 'none';
  const shown = bad.slice(0, 20).map(({ page, badLines, lines }) => `page ${page}: ${badLines} of ${lines} lines`);
  return `${shown.join('; ')}${bad.length > shown.length ? '; …' : ''}`;
}
