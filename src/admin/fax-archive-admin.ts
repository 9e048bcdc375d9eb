import type { Crossing } from '../fax/crossing.ts';
import { crossedRaster } from '../fax/crossing.ts';
import { blankRaster, type Raster, standardWidthPx } from '../fax/raster.ts';
import type { FaxArchive } from '../fax-archive/fax-archive.ts';
import type { FaxState, PageFile } from '../fax-archive/fax-record.ts';
import { AdminError, exitCodes, type Output } from './admin-api.ts';
import type { FaxShelf } from './fax-shelf.ts';
import type { FaxInfo, FaxView } from './views/fax-archive-views.ts';

export interface FaxListFilter {
  readonly account: string;
  /** Part of a name, an address, a subject or an id, or digits of a number. */
  readonly text: string;
  readonly direction: 'in' | 'out' | '';
  readonly state: FaxState | '';
  /** Begun on or after the first and before the second; ISO 8601, empty for no bound. */
  readonly since: string;
  readonly until: string;
  /** Id of the last one seen. */
  readonly before: string;
  readonly limit: number;
}

/** The archive of faxes. Where there is an `account`, only what that person sent or got is there. */
export interface FaxArchiveAdmin {
  /** Newest first. */
  faxList(filter: FaxListFilter): Promise<readonly FaxView[]>;
  faxInfo(what: { id: string; account: string }): Promise<FaxInfo>;
  /** A page as PNG with square pels: at full size, or `widthPx` wide in shades of grey. */
  faxPage(what: { id: string; account: string; page: number; widthPx: number }, output: Output): Promise<void>;
  /** All pages, pel for pel. */
  faxPdf(what: { id: string; account: string }, output: Output): Promise<void>;
  /** The page that crosses a line now, as far as it has come; a white line when none does. */
  faxCrossing(what: { line: string; widthPx: number; at?: number | undefined }, output: Output): Promise<void>;
  /** Removes a fax that is settled, and its pages. */
  faxRemove(what: { id: string }): Promise<void>;
}

export interface FaxArchiveAdminParts {
  readonly archive: FaxArchive;
  readonly shelf: FaxShelf;
  readonly crossing: (line: string) => Crossing | undefined;
  readonly knowsLine: (line: string) => boolean;
  readonly pageToPng: (raster: Raster) => Promise<Uint8Array>;
  readonly pageToThumbnail: (raster: Raster, widthPx: number) => Promise<Uint8Array>;
  readonly faxToPdf: (pdf: {
    title: string;
    date: number;
    pages: Iterable<() => Promise<Raster>>;
  }) => Promise<Uint8Array>;
}

/** Octets handed out at once. */
const chunkBytes = 64 * 1024;

export function faxArchiveAdmin(parts: FaxArchiveAdminParts): FaxArchiveAdmin {
  const { archive, shelf, crossing, knowsLine, pageToPng, pageToThumbnail, faxToPdf } = parts;
  const picture = (raster: Raster, widthPx: number): Promise<Uint8Array> =>
    widthPx > 0 && widthPx < raster.widthPx ? pageToThumbnail(raster, widthPx) : pageToPng(raster);
  return {
    faxList: async (filter) => {
      const { account, text, direction, state, before, limit } = filter;
      const [since, until] = [instantOf(filter.since), instantOf(filter.until)];
      const found = archive.list({ account, text, direction, state, since, until, before, limit });
      const isFirst = account === '' && text === '' && before === '' && until === 0;
      const isWanted = direction !== 'out' && (state === '' || state === 'under-way');
      const coming = isFirst && isWanted ? shelf.comingIn().filter(({ id }) => !archive.get(id)) : [];
      return [...coming, ...found].slice(0, limit).map((fax) => shelf.view(fax));
    },
    faxInfo: async ({ id, account }) => shelf.info(shelf.find(id, account)),
    faxPage: async ({ id, account, page, widthPx }, output) => {
      const file = shelf.pages(shelf.find(id, account)).find((one) => one.page === page);
      if (!file) throw new AdminError(exitCodes.noInput, `the fax has no page ${page}`);
      await output(await picture(await readPage(archive, file), widthPx));
    },
    faxPdf: async ({ id, account }, output) => {
      const fax = shelf.find(id, account);
      const pdf = await pdfOf(parts, fax, faxToPdf);
      for (let at = 0; at < pdf.length; at += chunkBytes) await output(pdf.subarray(at, at + chunkBytes));
    },
    faxCrossing: async ({ line, widthPx }, output) => {
      if (!knowsLine(line)) throw new AdminError(exitCodes.noInput, `there is no line ${line}: see caselli fax lines`);
      const now = crossing(line);
      await output(await picture(now ? crossedRaster(now) : blankRaster(standardWidthPx, 1, 'fine'), widthPx));
    },
    faxRemove: async ({ id }) => {
      shelf.find(id, '');
      if (await archive.remove(id)) return;
      throw new AdminError(exitCodes.usage, 'the fax is under way: cancel it first');
    },
  };
}

/** The whole fax as PDF. @throws AdminError when it has no pages, or the disk has lost one */
export async function pdfOf(
  { archive, shelf }: Pick<FaxArchiveAdminParts, 'archive' | 'shelf'>,
  fax: ReturnType<FaxShelf['find']>,
  faxToPdf: FaxArchiveAdminParts['faxToPdf'],
): Promise<Uint8Array> {
  const pages = shelf.pages(fax);
  if (pages.length === 0) throw new AdminError(exitCodes.noInput, 'this fax has no pages yet');
  const title = fax.subject || `Fax ${fax.direction === 'in' ? 'from' : 'to'} ${fax.number || 'unknown number'}`;
  return faxToPdf({ title, date: fax.startedAt, pages: pages.map((page) => () => readPage(archive, page)) });
}

export async function readPage(archive: FaxArchive, page: PageFile): Promise<Raster> {
  try {
    return await archive.readPage(page);
  } catch (error) {
    throw new AdminError(exitCodes.noInput, `page ${page.page} of the fax cannot be read from the disk`, {
      cause: error,
    });
  }
}

function instantOf(text: string): number {
  if (text === '') return 0;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new AdminError(exitCodes.usage, `${text} is no date such as 2026-01-31`);
  return at;
}
