import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { parseFaxAddress } from '../fax/fax-address.ts';
import type { Raster } from '../fax/raster.ts';
import { Semaphore } from '../lib/semaphore.ts';
import { parseAddressList } from '../mail/address-list.ts';
import { decodeTransfer, readText } from '../mail/decode.ts';
import { decodeWords } from '../mail/encoded-word.ts';
import { unflow } from '../mail/flowed.ts';
import { Header, readHeaderBlock } from '../mail/header.ts';
import type { MimePart } from '../mail/mime-part.ts';
import { readStructure } from '../mail/structure.ts';
import { Bodies, tooManyPages } from './bodies.ts';
import type { Converters } from './conversion.ts';
import { type Cover, coverBlocks } from './cover-page.ts';
import { DocumentError } from './document-error.ts';
import { renderWithGhostscript } from './ghostscript.ts';
import { headerSheets, stripPx, stripSize } from './header-strips.ts';
import { htmlToText } from './html-text.ts';
import type { Block, Sheet, SheetSize } from './layout.ts';
import { converterOfBytes } from './media.ts';
import { type FaxPart, partsOf } from './message-parts.ts';
import { lowered, PageFiles, trimmed } from './page-files.ts';
import { pageHeightPt, pageHeightPx, pageWidthPt } from './paper.ts';
import { renderPictureApart } from './picture-apart.ts';
import type { Renderer, Rendering, RenderJob } from './types.ts';
import { Typesetter } from './typesetter.ts';

/** Text of one part that is laid out; what is longer is refused by its pages anyway. */
const maxCharacters = 5_000_000;
/** A page that ends early is cut there, but not shorter than this: white paper costs time on the line. */
const leastPagePx = 400;
/** Sheets that are drawn in one go. */
const sheetsAtOnce = 25;
const marginPt = 54;
const textPt = 10;

export interface DocumentRendererParts {
  /** Asked at each rendering, so that changes count at once. */
  readonly documents: () => Config['documents'];
  readonly fax: () => Config['fax'];
  /** For pages that several faxes have in common; belongs to the renderer, and holds nothing that lasts. */
  readonly folder: string;
  /** What makes pages of documents that strangers sent. */
  readonly converters: Converters;
}

/** Mail messages, and single files, to fax pages. */
export class DocumentRenderer implements Renderer {
  readonly #parts: DocumentRendererParts;
  readonly #typesetter = new Typesetter();
  readonly #turns: Semaphore;
  readonly #bodies: Bodies;

  constructor(parts: DocumentRendererParts) {
    this.#parts = parts;
    this.#turns = new Semaphore(() => parts.documents().parallel);
    this.#bodies = new Bodies(parts.folder, () => parts.fax().maxPages);
  }

  forget(together: string): Promise<void> {
    return this.#bodies.forget(together);
  }

  render(job: RenderJob, signal: AbortSignal): Promise<Rendering> {
    return this.#turns.run(async () => {
      try {
        return await this.#render(job, signal);
      } catch (error) {
        if (error instanceof DocumentError) return { kind: 'failed', text: sentence(error.message) };
        throw error;
      }
    });
  }

  /**
   * The pages of a file as a far machine would scan it: a PDF, PostScript or picture, whatever its name says.
   * @throws DocumentError when it cannot become pages.
   */
  async scan(file: string): Promise<Raster[]> {
    const folder = await mkdtemp(join(tmpdir(), 'caselli-scan-'));
    const pages: Raster[] = [];
    const handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0).finally(() => handle.close());
    try {
      await this.#convertFile(converterOfBytes(buffer.subarray(0, bytesRead)), file, {
        folder,
        onPage: async (page) => void pages.push(page),
        signal: new AbortController().signal,
      });
      return pages;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #render(job: RenderJob, signal: AbortSignal): Promise<Rendering> {
    const { coverPage, maxPages } = this.#parts.fax();
    const structure = await readStructure(job.content());
    const { note, documents } = partsOf(structure);
    const wanted = job.options.coverOnly ? [] : documents;
    const skipped = wanted.filter(({ converter }) => converter === 'unknown').map(({ name }) => name);
    if (skipped.length > 0 && !job.options.ignoreUnknown) throw new DocumentError(unknownText(skipped));
    const files = new PageFiles(job.folder);
    const noteText = note ? await this.#text(job, note) : '';
    const onPage = async (page: Raster): Promise<void> => {
      signal.throwIfAborted();
      if (files.count >= maxPages) throw new DocumentError(tooManyPages(maxPages));
      await files.add(page);
    };
    await this.#body(job, wanted, files, { onPage, signal });
    const bodyPages = files.count;
    // Without cover pages the note still has to arrive: as a page of text.
    const coverPages = job.asTheyAre
      ? 0
      : (job.options.cover ?? coverPage) ||
          job.options.coverOnly ||
          (bodyPages === 0 && job.options.cover === undefined)
        ? await this.#cover(job, { noteText, skipped, bodyPages, onPage, signal })
        : await this.#plainNote(job, noteText, { onPage, signal });
    const order = [...range(bodyPages, files.count), ...range(0, bodyPages)];
    if (!job.asTheyAre) await this.#stampHeaders(job, files, order, signal);
    const resolution = job.options.lowResolution ? 'normal' : 'fine';
    return { kind: 'pages', pages: files.pages(order, resolution), coverPages, skipped };
  }

  /** The pages of the documents: made here, or taken over where another job has made them already. */
  async #body(job: RenderJob, documents: readonly FaxPart[], files: PageFiles, to: Sink): Promise<void> {
    const make = async (folder: string, sink: Sink): Promise<void> => {
      for (const document of documents) await this.#document({ ...job, folder }, document, sink);
    };
    if (job.together === undefined || documents.length === 0) return make(job.folder, to);
    // What is set for paper, header line and length is in the pages.
    const { paper, headerLine, maxPages } = this.#parts.fax();
    const made = await this.#bodies.pages(
      { together: job.together, set: `${paper} ${headerLine} ${maxPages}` },
      to.signal,
      make,
    );
    await files.addAll(made);
  }

  async #document(job: RenderJob, document: FaxPart, to: Sink): Promise<void> {
    try {
      switch (document.converter) {
        case 'unknown':
          return; // left out, as asked for
        case 'text':
        case 'html':
          await this.#typeset(job.folder, [textBlock(await this.#text(job, document), document)], to);
          return;
        case 'message':
          await this.#typeset(job.folder, [textBlock(await forwardedHeader(job, document.part), document)], to);
          return;
        case 'pdf':
        case 'postscript':
        case 'picture': {
          const file = await extract(job, document.part);
          try {
            await this.#convertFile(document.converter, file, { folder: job.folder, ...to });
          } finally {
            await rm(file, { force: true });
          }
        }
      }
    } catch (error) {
      if (!(error instanceof DocumentError) || isWhole(error.message)) throw error;
      throw new DocumentError(`The attachment "${document.name}" cannot be faxed: ${error.message}.`, { cause: error });
    }
  }

  async #convertFile(
    converter: 'pdf' | 'postscript' | 'picture',
    file: string,
    to: Sink & { readonly folder: string },
  ): Promise<void> {
    const { timeout, memory, maxPixels } = this.#parts.documents();
    const { paper, maxPages } = this.#parts.fax();
    if (converter === 'picture') {
      const sheetHeightPx = pageHeightPx(paper);
      const limits = { timeoutMs: timeout, memoryBytes: memory };
      const order = { converter: 'picture', maxPixels, maxPages, sheetHeightPx, ...limits } as const;
      const { folder, onPage, signal } = to;
      await renderPictureApart({ order, file, folder, onPage }, this.#parts.converters, signal);
      return;
    }
    await this.#ghostscript(converter === 'pdf' ? 'PDF' : 'PostScript', file, this.#sheet().heightPt, {
      ...to,
      onPage: (page) => to.onPage(this.#onPaper(page)),
    });
  }

  #ghostscript(
    language: 'PDF' | 'PostScript',
    file: string,
    heightPt: number,
    { folder, onPage, signal }: Sink & { readonly folder: string },
  ): Promise<number> {
    const { timeout, memory } = this.#parts.documents();
    const order = { converter: 'ghostscript', heightPt, timeoutMs: timeout, memoryBytes: memory } as const;
    const { maxPages } = this.#parts.fax();
    return renderWithGhostscript({ order, file, folder, language, maxPages, onPage }, this.#parts.converters, signal);
  }

  /** Sets blocks as pages. */
  async #typeset(folder: string, blocks: readonly Block[], to: Sink): Promise<number> {
    const size = this.#sheet();
    const sheets = await this.#typesetter.layOut(blocks, size, this.#parts.fax().maxPages);
    await this.#draw(sheets, size, { folder, signal: to.signal, onPage: (page) => to.onPage(this.#onPaper(page)) });
    return sheets.length;
  }

  /** Draws sheets, a few at a time: drawing lets nothing else run. */
  async #draw(sheets: readonly Sheet[], size: SheetSize, to: Sink & { readonly folder: string }): Promise<void> {
    const file = join(to.folder, 'sheets.pdf');
    try {
      for (let at = 0; at < sheets.length; at += sheetsAtOnce) {
        await writeFile(file, await this.#typesetter.draw(sheets.slice(at, at + sheetsAtOnce), size));
        await this.#ghostscript('PDF', file, size.heightPt, to);
      }
    } finally {
      await rm(file, { force: true });
    }
  }

  /** The page as it is sent: below the header line, without the white at its end. */
  #onPaper(page: Raster): Raster {
    return trimmed(lowered(page, this.#headPx), leastPagePx);
  }

  /** What of the paper is for documents: the header line stands above them, and covers nothing. */
  #sheet(): SheetSize {
    const headPt = this.#headPx === 0 ? 0 : stripSize.heightPt;
    return { widthPt: pageWidthPt, heightPt: pageHeightPt(this.#parts.fax().paper) - headPt, marginPt };
  }

  get #headPx(): number {
    return this.#parts.fax().headerLine ? stripPx : 0;
  }

  async #cover(
    job: RenderJob,
    of: Sink & { noteText: string; skipped: readonly string[]; bodyPages: number },
  ): Promise<number> {
    const header = Header.parse(await readHeaderBlock(job.content()));
    const cover: Cover = {
      organisation: this.#parts.fax().organisation,
      from: displayName(header.text('From') ?? ''),
      to: calledText(header, job),
      subject: header.text('Subject') ?? '',
      date: dateText(job.date),
      pages: of.bodyPages + 1,
      note: of.noteText,
      skipped: of.skipped,
    };
    // A long note goes on over further sheets, which count; the number of digits does not change the layout.
    const { length } = await this.#typesetter.layOut(coverBlocks(cover), this.#sheet(), this.#parts.fax().maxPages);
    return this.#typeset(job.folder, coverBlocks({ ...cover, pages: of.bodyPages + length }), of);
  }

  async #plainNote(job: RenderJob, text: string, to: Sink): Promise<number> {
    if (text.trim() === '') return 0;
    return this.#typeset(job.folder, [{ kind: 'text', text, font: 'text', sizePt: 11 }], to);
  }

  async #stampHeaders(job: RenderJob, files: PageFiles, order: readonly number[], signal: AbortSignal): Promise<void> {
    const { headerLine, organisation } = this.#parts.fax();
    if (!headerLine) return;
    const line = { date: dateText(job.date), organisation, number: job.number, pages: order.length };
    let at = 0;
    await this.#draw(headerSheets(line), stripSize, {
      folder: job.folder,
      signal,
      onPage: (strip) => files.stamp(order[at++]!, strip),
    });
  }

  async #text(job: RenderJob, { part, converter }: FaxPart): Promise<string> {
    const text = await readText(part, bodyOf(job, part), maxCharacters);
    if (converter === 'html') return htmlToText(text);
    const flowed = part.parameters.format?.toLowerCase() === 'flowed';
    const plain = flowed ? unflow(text, part.parameters.delsp?.toLowerCase() === 'yes') : text;
    return plain.replace(/\s+$/, '');
  }
}

/** Where pages go. */
interface Sink {
  readonly onPage: (page: Raster) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A part's octets, transfer encoding and all. */
async function* bodyOf(job: RenderJob, { bodyStart, bodyEnd }: MimePart): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of job.content()) {
    const [from, to] = [Math.max(bodyStart - at, 0), Math.min(bodyEnd - at, chunk.length)];
    if (from < to) yield chunk.subarray(from, to);
    at += chunk.length;
    if (at >= bodyEnd) return;
  }
}

/** Writes a part's document to a file of the job's folder. @throws DocumentError when it is empty */
async function extract(job: RenderJob, part: MimePart): Promise<string> {
  const file = join(job.folder, 'attachment');
  let empty = true;
  const handle = await open(file, 'w', 0o600);
  try {
    for await (const chunk of decodeTransfer(part.encoding, bodyOf(job, part))) {
      if (chunk.length > 0) empty = false;
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
  if (!empty) return file;
  await rm(file);
  throw new DocumentError('it is empty');
}

/** What a forwarded message says of itself, as text. */
async function forwardedHeader(job: RenderJob, part: MimePart): Promise<string> {
  const header = Header.parse(await readHeaderBlock(bodyOf(job, part)));
  const lines = ['From', 'To', 'Cc', 'Date', 'Subject'].flatMap((name) => {
    const value = header.text(name);
    return value ? [`${name}: ${value}`] : [];
  });
  return ['Forwarded message', '', ...lines].join('\n');
}

/** Plain text keeps its columns; text made of HTML has none. */
function textBlock(text: string, { converter }: FaxPart): Block {
  return { kind: 'text', text, font: converter === 'text' ? 'mono' : 'text', sizePt: textPt };
}

/** `Alice Office <alice@office.test>` as a person reads it. */
function displayName(from: string): string {
  return from
    .replaceAll(/"([^"]*)"/g, '$1')
    .replace(/\s*<([^<>]*)>$/, (_, address: string) => ` (${address})`)
    .trim();
}

/** Whom the fax is for: the number, behind the name that its sender gave it in the field To. Never another recipient. */
function calledText(header: Header, { address = '', number }: RenderJob): string {
  const own = parseFaxAddress(address);
  if (own.kind !== 'fax') return number;
  const entries = header.all('To').flatMap(parseAddressList);
  const found = entries.find(({ mailbox, host }) => {
    const other = parseFaxAddress(`${mailbox ?? ''}@${host ?? ''}`);
    return other.kind === 'fax' && other.number === own.number;
  });
  const name = decodeWords(found?.name ?? '').trim();
  return name === '' || name === found?.mailbox ? number : `${name} (${number})`;
}

function dateText(at: number): string {
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });
  return date.format(at);
}

function unknownText(names: readonly string[]): string {
  const what =
    names.length === 1
      ? `The attachment "${names[0]}" cannot`
      : `The attachments ${names.map((name) => `"${name}"`).join(', ')} cannot`;
  return `${what} be faxed: only PDF, PostScript, text and pictures can. Please save it as PDF, or send to the number with @fax-ignore to leave it out.`;
}

/** Reasons are told of `it`, the document; those that tell of the whole fax begin with `The`. */
function isWhole(reason: string): boolean {
  return reason.startsWith('The ');
}

function sentence(reason: string): string {
  return isWhole(reason) ? reason : `The message cannot be faxed: ${reason}.`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
