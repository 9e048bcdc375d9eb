import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createTransport } from 'nodemailer';
import type Mail from 'nodemailer/lib/mailer';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import type { Config } from '../../src/config/schema.ts';
import { DocumentRenderer } from '../../src/documents/document-renderer.ts';
import { OwnConverters } from '../../src/documents/own-converters.ts';
import type { Raster } from '../../src/fax/raster.ts';
import { systemClock } from '../../src/lib/clock.ts';

/** A mail to a fax number as people send it, and the pages that it must become. */

/** A PDF whose pages hold text, in a font that it leaves to the reader, and a frame. */
export async function makePdf(pages: number): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.TimesRoman);
  for (let page = 1; page <= pages; page++) {
    const sheet = pdf.addPage([595, 842]);
    sheet.drawRectangle({ x: 60, y: 60, width: 475, height: 722, borderWidth: 2 });
    sheet.drawText(`Page ${page} of the plan`, { x: 90, y: 700, size: 30, font });
    for (let line = 0; line < 20; line++) {
      sheet.drawText(`Line ${line + 1}: the quick brown fox jumps over the lazy dog`, {
        x: 90,
        y: 640 - line * 24,
        size: 14,
        font,
      });
    }
  }
  return pdf.save();
}

/** Alice's mail with a PDF. */
export function planMail(to: string, pdf: Uint8Array, more: readonly Mail.Attachment[] = []): Mail.Options {
  return {
    from: { name: 'Alice Office', address: 'alice@office.test' },
    to,
    subject: 'The plan for Monday',
    text: 'Dear colleagues,\nplease find the plan attached.\n',
    attachments: [{ filename: 'plan.pdf', content: Buffer.from(pdf), contentType: 'application/pdf' }, ...more],
  };
}

/** What a mail to `number` that was accepted at `date` renders to here, as children of this process. */
export async function renderedHere(
  context: TestContext,
  mail: Mail.Options,
  { config, number, date }: { readonly config: Config; readonly number: string; readonly date: number },
): Promise<Raster[]> {
  const composed = await createTransport({ streamTransport: true, buffer: true }).sendMail(mail);
  const folder = await mkdtemp(join(tmpdir(), 'caselli-render-'));
  context.after(() => rm(folder, { recursive: true }));
  const renderer = new DocumentRenderer({
    documents: () => config.documents,
    fax: () => config.fax,
    folder: join(folder, 'bodies'),
    converters: new OwnConverters(systemClock),
  });
  const job = {
    content: async function* () {
      yield composed.message as Buffer;
    },
    folder,
    options: { lowResolution: false, ignoreUnknown: false, coverOnly: false },
    number,
    date,
  };
  const rendering = await renderer.render(job, new AbortController().signal);
  if (rendering.kind === 'failed') assert.fail(rendering.text);
  return Promise.all(rendering.pages.map((page) => page.load('fine')));
}
