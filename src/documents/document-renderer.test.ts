import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { PDFDocument, rgb, StandardFonts } from 'pdf-lib';
import { type Config, readConfig } from '../config/schema.ts';
import type { FaxOptions } from '../fax/fax-address.ts';
import { type Raster, rowBytes } from '../fax/raster.ts';
import { inResolution } from '../fax/resolution.ts';
import type { Clock } from '../lib/clock.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { DocumentRenderer } from './document-renderer.ts';
import { OwnConverters } from './own-converters.ts';
import type { Rendering } from './types.ts';

/** Whole messages through the real Ghostscript and libvips. */

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caselli-documents-'));
});
after(() => rm(folder, { recursive: true }));

interface Attachment {
  readonly name: string;
  readonly type: string;
  readonly content: Uint8Array | string;
}

function message(text: string, attachments: readonly Attachment[] = []): string {
  const parts = attachments.map(({ name, type, content }) => {
    const lines = Buffer.from(content).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
    const fields = [`Content-Type: ${type}; name="${name}"`, 'Content-Transfer-Encoding: base64'];
    return [...fields, `Content-Disposition: attachment; filename="${name}"`, '', lines, ''].join('\r\n');
  });
  const note = ['Content-Type: text/plain; charset=utf-8', '', text, ''].join('\r\n');
  const body = [note, ...parts].map((part) => `--=_\r\n${part}`).join('');
  const fields = [
    'From: "Alice Office" <alice@office.test>',
    'To: 5550199@fax',
    'Subject: =?utf-8?q?Plan_f=C3=BCr_Montag?=',
  ];
  return [...fields, 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary="=_"', '', `${body}--=_--\r\n`].join(
    '\r\n',
  );
}

interface Setting {
  readonly options?: Partial<FaxOptions>;
  readonly fax?: object;
  readonly documents?: object;
  readonly clock?: ManualClock;
  readonly signal?: AbortSignal;
  readonly number?: string;
  readonly address?: string;
  readonly together?: string;
}

const bodies = mkdtempSync(join(tmpdir(), 'caselli-bodies-'));
after(() => rmSync(bodies, { recursive: true }));

let jobs = 0;
let current: Config;

function rendererWith(clock: Clock): DocumentRenderer {
  return new DocumentRenderer({
    documents: () => current.documents,
    fax: () => current.fax,
    folder: bodies,
    converters: new OwnConverters(clock),
  });
}

/** Reads its fonts once. */
const shared = rendererWith(new ManualClock());

async function render(content: string, setting: Setting = {}): Promise<{ rendering: Rendering; pages: Raster[] }> {
  const reading = readConfig({ fax: setting.fax ?? {}, documents: setting.documents ?? {} });
  assert.equal(reading.kind, 'valid');
  const { config } = reading as Extract<typeof reading, { kind: 'valid' }>;
  current = config;
  const renderer = setting.clock ? rendererWith(setting.clock) : shared;
  const job = {
    content: async function* () {
      yield Buffer.from(content);
    },
    folder: await mkdtemp(join(folder, `job-${jobs++}-`)),
    options: { lowResolution: false, ignoreUnknown: false, coverOnly: false, ...setting.options },
    number: setting.number ?? '5550199',
    ...(setting.address !== undefined && { address: setting.address }),
    ...(setting.together !== undefined && { together: setting.together }),
    date: Date.UTC(2026, 10, 22, 12),
  };
  const rendering = await renderer.render(job, setting.signal ?? new AbortController().signal);
  const pages: Raster[] = [];
  if (rendering.kind === 'pages') for (const page of rendering.pages) pages.push(await page.load(page.resolution));
  const left = (await readdir(job.folder)).filter((name) => !name.endsWith('.mh'));
  assert.deepEqual(left, [], 'nothing is left but pages');
  for (const page of pages) {
    assert.equal(page.widthPx, 1728);
    assert.ok(page.heightPx <= (page.resolution === 'fine' ? 2292 : 1146));
  }
  return { rendering, pages };
}

async function refused(content: string, words: RegExp, setting: Setting = {}): Promise<void> {
  const { rendering } = await render(content, setting);
  assert.equal(rendering.kind, 'failed');
  if (rendering.kind === 'failed') assert.match(rendering.text, words);
}

/** Share of black in a part of a page, given in shares of the A4 sheet. */
function blackness(page: Raster, left: number, top: number, right: number, bottom: number): number {
  const bytes = rowBytes(page.widthPx);
  const [x0, x1, y0, y1] = [left * 1728, right * 1728, top * 2292, bottom * 2292].map(Math.round) as [
    number,
    number,
    number,
    number,
  ];
  let black = 0;
  for (let y = y0; y < Math.min(y1, page.heightPx); y++) {
    for (let x = x0; x < x1; x++) black += (page.data[y * bytes + (x >> 3)]! >> (7 - (x & 7))) & 1;
  }
  return black / ((x1 - x0) * (y1 - y0));
}

function pdf(content: Uint8Array | string, name = 'plan.pdf'): Attachment {
  return { name, type: 'application/pdf', content };
}

function postscript(content: string): Attachment {
  return { name: 'plan.ps', type: 'application/postscript', content: `%!PS\n${content}` };
}

/** A sheet with a box in the upper left quarter and grey print in the lower right one. */
async function plan(sizes: readonly (readonly [number, number])[]): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.TimesRoman);
  for (const [width, height] of sizes) {
    const page = document.addPage([width, height]);
    page.drawRectangle({ x: width * 0.1, y: height * 0.7, width: width * 0.2, height: height * 0.2 });
    const grey = { font, color: rgb(0.6, 0.6, 0.6), size: height / 40 };
    for (let line = 0; line < 8; line++) {
      page.drawText('grey print must be read', { x: width * 0.55, y: height * (0.4 - line / 30), ...grey });
    }
  }
  return document.save();
}

/** A whole PNG of one bit a pixel (PNG §5): small as a file, large as a picture. */
function whitePng(width: number, height: number): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const numbers = Buffer.alloc(8);
    const named = Buffer.concat([Buffer.from(type), data]);
    numbers.writeUInt32BE(data.length, 0);
    numbers.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([numbers.subarray(0, 4), named, numbers.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('a message with a PDF', () => {
  const a4 = [595, 842] as const;

  it('becomes a cover page and its pages, black where the PDF is', async () => {
    const { rendering, pages } = await render(message('Please see the plan.', [pdf(await plan([a4, a4]))]));
    assert.ok(rendering.kind === 'pages');
    assert.deepEqual([rendering.pages.length, rendering.coverPages, rendering.skipped], [3, 1, []]);
    for (const page of pages.slice(1)) {
      assert.ok(blackness(page, 0.14, 0.13, 0.27, 0.28) > 0.99, 'the box');
      assert.ok(blackness(page, 0.4, 0.1, 0.9, 0.4) < 0.001, 'white paper');
      assert.ok(blackness(page, 0.55, 0.57, 0.85, 0.85) > 0.02, 'grey print');
    }
    for (const page of pages) assert.ok(blackness(page, 0.02, 0, 0.98, 0.012) > 0.01, 'the header line');
    assert.ok(blackness(pages[0]!, 0.1, 0.04, 0.5, 0.3) > 0.03, 'the cover');
  });

  it('gives the same pages every time', async () => {
    const content = message('Please see the plan.', [pdf(await plan([a4]))]);
    const [first, second] = [await render(content), await render(content)];
    assert.deepEqual(
      first.pages.map(({ data }) => Buffer.from(data).toString('base64')),
      second.pages.map(({ data }) => Buffer.from(data).toString('base64')),
    );
  });

  it('in low resolution when asked for, and in either when the far side needs it', async () => {
    const content = message('', [pdf(await plan([a4]))]);
    const fine = await render(content);
    const low = await render(content, { options: { lowResolution: true } });
    assert.deepEqual(
      low.pages.map(({ resolution }) => resolution),
      ['normal', 'normal'],
    );
    assert.ok(fine.rendering.kind === 'pages');
    const other = await fine.rendering.pages[1]!.load('normal');
    assert.deepEqual(other, inResolution(fine.pages[1]!, 'normal'));
    assert.deepEqual(Buffer.from(low.pages[1]!.data), Buffer.from(other.data));
  });

  it('sheets of any size and direction fit the paper, and nothing hides under the header line', async () => {
    const document = await PDFDocument.create();
    for (const size of [
      [842, 595],
      [1191, 842],
      [612, 792],
      [300, 400],
      [595, 3000],
      [14400, 14400],
    ] as const) {
      const page = document.addPage([...size]);
      page.drawRectangle({ x: 0, y: 0, width: size[0], height: size[1] });
    }
    const withLine = await render(message('', [pdf(await document.save())]));
    const without = await render(message('', [pdf(await document.save())]), { fax: { headerLine: false } });
    assert.deepEqual([withLine.pages.length, without.pages.length], [7, 7]);
    for (const page of withLine.pages.slice(1)) {
      assert.ok(page.data.subarray(0, 28 * 216).some((byte) => byte !== 0));
      assert.ok(blackness(page, 0.3, 0.03, 0.7, 0.2) > 0.2);
      assert.ok(blackness(page, 0.4, 0, 0.6, 28 / 2292) < 0.5, 'the line can be read');
    }
  });

  it('Letter paper when that is set', async () => {
    const { pages } = await render(message('', [pdf(await plan([[612, 792]]))]), { fax: { paper: 'letter' } });
    assert.ok(pages[1]!.heightPx <= 2156);
  });
});

describe('text', () => {
  it('a long note goes on over further pages; all of them count', async () => {
    const { rendering, pages } = await render(message('A line of the letter.\r\n'.repeat(200)));
    assert.ok(rendering.kind === 'pages' && rendering.coverPages > 2);
    assert.equal(rendering.coverPages, pages.length);
    for (const page of pages) assert.ok(blackness(page, 0.08, 0.03, 0.5, 0.14) > 0.005);
  });

  it('no line is cut off, whatever its length and script', async () => {
    const note = `${'word '.repeat(500)}\r\n${'x'.repeat(3000)}\r\näöü ß € Ελληνικά Русский 日本語 عربي 😀 \u0000\u202e`;
    const { pages } = await render(message(note, [{ name: 'a.txt', type: 'text/plain', content: note }]));
    for (const page of pages) {
      assert.ok(blackness(page, 0.95, 0.03, 1, 1) === 0, 'nothing beyond the margin');
      assert.ok(blackness(page, 0.85, 0.03, 0.93, 1) > 0, 'lines are filled');
    }
  });

  it('only the cover page, or none', async () => {
    const attachment = { name: 'a.txt', type: 'text/plain', content: 'attached' };
    const only = await render(message('note', [attachment, pdf('no pdf')]), { options: { coverOnly: true } });
    assert.ok(only.rendering.kind === 'pages' && only.rendering.pages.length === 1);
    const none = await render(message('', [attachment]), { fax: { coverPage: false } });
    assert.ok(none.rendering.kind === 'pages');
    assert.deepEqual([none.rendering.pages.length, none.rendering.coverPages], [1, 0]);
  });
});

describe('what cannot be faxed', () => {
  const office = {
    name: 'plan.docx',
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    content: 'PK',
  };

  it('an unknown type is refused by its name, or left out and told of', async () => {
    await refused(message('note', [office]), /"plan\.docx" cannot be faxed.*PDF.*@fax-ignore/);
    const { rendering } = await render(message('note', [office]), { options: { ignoreUnknown: true } });
    assert.ok(rendering.kind === 'pages');
    assert.deepEqual([rendering.pages.length, rendering.skipped.length], [1, 1]);
  });

  it('a PDF that is encrypted; one that only forbids to change it is taken', async () => {
    const made = (...passwords: string[]): Buffer => {
      const output = join(folder, 'made.pdf');
      const options = [
        '-q',
        '-dBATCH',
        '-dNOPAUSE',
        '-sDEVICE=pdfwrite',
        '-dEncryptionR=3',
        '-dKeyLength=128',
        ...passwords,
      ];
      execFileSync('gs', [...options, `-sOutputFile=${output}`, '-c', '100 100 200 200 rectfill showpage']);
      return readFileSync(output);
    };
    await refused(
      message('', [pdf(made('-sOwnerPassword=o', '-sUserPassword=u'))]),
      /"plan\.pdf" cannot be faxed: it is protected by a password/,
    );
    assert.equal((await render(message('', [pdf(made('-sOwnerPassword=o'))]))).pages.length, 2);
  });

  it('a PDF that is none, is cut off, or is empty', async () => {
    await refused(message('', [pdf('<html>no PDF</html>')]), /"plan\.pdf" cannot be faxed: it is damaged or is no PDF/);
    await refused(message('', [pdf((await plan([[595, 842]])).subarray(0, 300))]), /damaged/);
    await refused(message('', [pdf('')]), /"plan\.pdf" cannot be faxed: it is empty/);
  });

  it('a PDF of 2000 pages, as soon as that is seen', async () => {
    const document = await PDFDocument.create();
    for (let page = 0; page < 2000; page++) document.addPage([595, 842]);
    const content = message('', [pdf(await document.save())]);
    await refused(content, /more than 30 pages/, { fax: { maxPages: 30 } });
  });

  it('more pages than a fax may have, of all attachments together', async () => {
    const three = pdf(
      await plan([
        [595, 842],
        [595, 842],
        [595, 842],
      ]),
    );
    await refused(message('', [three, three]), /^The fax has more than 5 pages/, { fax: { maxPages: 5 } });
    await refused(message('x\r\n'.repeat(100_000)), /more than 5 pages/, { fax: { maxPages: 5 } });
  });

  it('a picture of 300 megapixels', async () => {
    const content = whitePng(20_000, 15_000);
    const picture = { name: 'huge.png', type: 'image/png', content };
    await refused(message('', [picture]), /"huge\.png" cannot be faxed: it has more than 100 million pixels/);
  });

  it('PostScript that reads files of the box', async () => {
    const reading = '(/etc/passwd) (r) file 500 string readstring pop';
    await refused(message('', [postscript(`${reading} showpage`)]), /tried to open files/);
    const font = '/Courier findfont 20 scalefont setfont 100 600 moveto';
    const caught = await render(
      message('', [postscript(`${font} { ${reading} show } stopped { (kept out) show } if showpage`)]),
    );
    const told = await render(message('', [postscript(`${font} (kept out) show showpage`)]));
    assert.deepEqual(Buffer.from(caught.pages[1]!.data), Buffer.from(told.pages[1]!.data));
    for (const attempt of [
      '(%pipe%touch made) (w) file',
      '(/tmp/caselli-made) (w) file',
      '(/etc/hostname) run',
      '(/tmp/*) {==} 100 string filenameforall (x) (r) file',
    ]) {
      await refused(message('', [postscript(`${attempt} showpage`)]), /tried to open files|damaged/);
    }
    await assert.rejects(readFile('/tmp/caselli-made'));
  });

  it('PostScript that prints between the pages harms nobody', async () => {
    const { pages } = await render(message('', [postscript('1 1 5000 {==} for 100 100 200 200 rectfill showpage')]));
    assert.equal(pages.length, 2);
  });

  it('a document that never ends, when its time is up; one without end of pages', async () => {
    const clock = new ManualClock();
    const rendering = refused(message('', [postscript('{} loop')]), /longer than 120 seconds/, { clock });
    while (clock.pending === 0) await new Promise(setImmediate);
    await clock.advance(120_000);
    await rendering;
    await refused(message('', [postscript('{showpage} loop')]), /more than 8 pages/, { fax: { maxPages: 8 } });
  });

  it('a document that wants all memory', async () => {
    const greedy = postscript('[ { 65000 string } loop ] showpage');
    await refused(message('', [greedy]), /more memory/, { documents: { memory: '200M' } });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const clock = new ManualClock();
    const rendering = render(message('', [postscript('{} loop')]), { clock, signal: stop.signal });
    while (clock.pending === 0) await new Promise(setImmediate);
    stop.abort(new Error('we are to stop'));
    await assert.rejects(rendering, /we are to stop/);
  });
});

describe('faxes that have their documents in common', () => {
  const sheet = '72 700 moveto 200 0 rlineto 0 -200 rlineto closepath fill showpage';
  const mail = (): string => message('', [postscript(`${sheet} ${sheet}`)]);

  it('are the same as rendered alone, each with its own cover page and header lines', async () => {
    const alone = await render(mail(), { number: '5550100' });
    const first = await render(mail(), { number: '5550199', together: 'one' });
    // Made from the pages of the first: this message would have none.
    const second = await render(message('', [postscript('showpage')]), { number: '5550100', together: 'one' });
    assert.deepEqual(second.pages, alone.pages);
    assert.notDeepEqual(first.pages, second.pages);
    await shared.forget('one');
    const third = await render(message('', [postscript('showpage')]), { number: '5550100', together: 'one' });
    assert.equal(third.pages.length, 2);
    await shared.forget('one');
    assert.deepEqual(await readdir(bodies), []);
  });

  it('are made anew when paper or header line are set otherwise', async () => {
    const first = await render(mail(), { together: 'two' });
    const letter = await render(mail(), { together: 'two', fax: { paper: 'letter', headerLine: false } });
    assert.notDeepEqual(first.pages[1], letter.pages[1]);
    assert.deepEqual(letter.pages, (await render(mail(), { fax: { paper: 'letter', headerLine: false } })).pages);
    await shared.forget('two');
  });

  it('are not kept from the others by one that was told to stop, or that cannot be rendered', async () => {
    const controller = new AbortController();
    const stopped = render(mail(), { together: 'three', signal: controller.signal });
    const other = render(mail(), { together: 'three' });
    controller.abort(new Error('cancelled'));
    await stopped.catch(() => {});
    assert.equal((await other).pages.length, 3);
    await shared.forget('three');
    await refused(message('', [postscript('bad')]), /cannot be faxed/, { together: 'four' });
    assert.equal((await render(mail(), { together: 'four' })).pages.length, 3);
    await shared.forget('four');
  });
});

describe('the cover page of one fax', () => {
  it('goes first or not, whatever is set', async () => {
    const mail = message('A note.', [postscript('72 72 100 100 rectfill showpage')]);
    const count = async (cover: boolean, coverPage: boolean): Promise<number> => {
      const { rendering } = await render(mail, { options: { cover }, fax: { coverPage } });
      return rendering.kind === 'pages' ? rendering.coverPages : -1;
    };
    assert.deepEqual([await count(true, false), await count(false, true)], [1, 1]);
    const bare = message('', [postscript('72 72 100 100 rectfill showpage')]);
    assert.equal((await render(bare, { options: { cover: false } })).pages.length, 1);
  });

  it('names the recipient as its sender did, and no other one', async () => {
    const mail = (to: string): string => message('Hello.').replace('To: 5550199@fax', `To: ${to}`);
    const plain = await render(mail('5550199@fax'), { address: '5550199@fax' });
    const named = await render(mail('"Mrs. Smith" <555-0199@fax>'), { address: '5550199@fax' });
    const others = await render(mail('"Mr. Jones" <5550111@fax>, 5550199@fax'), { address: '5550199@fax' });
    assert.notDeepEqual(named.pages, plain.pages);
    assert.deepEqual(others.pages, plain.pages);
  });
});
