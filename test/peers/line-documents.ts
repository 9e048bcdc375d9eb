import { PDFDocument, type PDFFont, type PDFPage, rgb, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';

/** What offices fax, drawn by us: for measuring how long pages take on the line, and whether they can still be read. */
export interface OfficeDocument {
  readonly name: string;
  readonly kind: 'pdf' | 'jpeg';
  readonly content: Uint8Array;
  /** Everything on it that is to be read. */
  readonly text: string;
}

const a4 = [595, 842] as const;
const sentences = [
  'Thank you for your order of the twelfth of November, which we received this morning with pleasure.',
  'The goods will leave our warehouse on Thursday and should reach your loading dock before noon on Friday.',
  'Please note that the second pallet holds glass and must not be stored under anything heavier than paper.',
  'Should the driver find the gate closed, the porter may be reached by telephone at any time of the day.',
  'We enclose the plan of the new hall, the list of colours, and a copy of the letter from the surveyor.',
  'Payment is due within thirty days; a discount of two per cent applies when you pay within ten.',
  'Our engineers have measured the foundation twice and found no difference worth speaking of.',
  'It would help us if you could return the signed form by fax before the end of the coming week.',
];

/** A page that is drawn, and the text that was put on it. */
class Sheet {
  readonly words: string[] = [];
  readonly page: PDFPage;
  readonly #font: PDFFont;

  constructor(page: PDFPage, font: PDFFont) {
    this.page = page;
    this.#font = font;
  }

  put(text: string, x: number, y: number, size: number, color = rgb(0, 0, 0)): void {
    this.words.push(text);
    this.page.drawText(text, { x, y, size, font: this.#font, color });
  }

  paragraph(text: string, y: number, size: number, widthPt = 470): number {
    let line = '';
    let at = y;
    for (const word of `${text} \n`.split(' ')) {
      if (word === '\n' || this.#font.widthOfTextAtSize(`${line} ${word}`, size) > widthPt) {
        this.put(line.trim(), 62, at, size);
        at -= size * 1.35;
        line = '';
      }
      line += ` ${word}`;
    }
    return at;
  }
}

async function pdf(
  name: string,
  draw: (sheet: Sheet) => void,
  font = StandardFonts.TimesRoman,
): Promise<OfficeDocument> {
  const document = await PDFDocument.create();
  const sheet = new Sheet(document.addPage([...a4]), await document.embedFont(font));
  draw(sheet);
  return { name, kind: 'pdf', content: await document.save(), text: sheet.words.join(' ') };
}

function letter(sheet: Sheet): void {
  sheet.put('Northern Timber and Glass Limited', 62, 770, 16);
  sheet.put('14 Harbour Street, Port Anselm', 62, 752, 10);
  let y = 690;
  for (let part = 0; part < 5; part++) {
    const text = [0, 1, 2].map((line) => sentences[(part * 3 + line) % sentences.length]).join(' ');
    y = sheet.paragraph(text, y, 11) - 10;
  }
  sheet.put('With kind regards', 62, y - 20, 11);
}

function invoice(sheet: Sheet): void {
  const { page } = sheet;
  page.drawRectangle({ x: 420, y: 740, width: 110, height: 60, color: rgb(0.1, 0.3, 0.6) });
  sheet.put('ACORN', 436, 762, 22, rgb(1, 1, 1));
  sheet.put('Invoice 2026 1187', 62, 760, 20);
  page.drawRectangle({ x: 62, y: 648, width: 470, height: 20, color: rgb(0.2, 0.25, 0.35) });
  for (const [text, x] of [
    ['Article', 70],
    ['Quantity', 300],
    ['Price', 380],
    ['Amount', 460],
  ] as const)
    sheet.put(text, x, 654, 10, rgb(1, 1, 1));
  for (let row = 0; row < 22; row++) {
    const y = 630 - row * 20;
    if (row % 2 === 0) page.drawRectangle({ x: 62, y: y - 5, width: 470, height: 20, color: rgb(0.9, 0.92, 0.95) });
    sheet.put(`Window frame number ${311 + row * 7}`, 70, y, 10);
    sheet.put(String(2 + (row % 9)), 312, y, 10);
    sheet.put(`${118 + row * 3}.50`, 380, y, 10);
    sheet.put(`${(2 + (row % 9)) * (118 + row * 3)}.00`, 460, y, 10);
  }
  sheet.put('Total without tax 31480.00', 360, 160, 12);
}

function form(sheet: Sheet): void {
  sheet.put('Application for a parking permit', 62, 770, 18);
  const fields = ['Family name', 'Given name', 'Street and number', 'Postal code', 'Town', 'Telephone', 'Number plate'];
  for (let row = 0; row < 14; row++) {
    const y = 720 - row * 42;
    sheet.page.drawRectangle({ x: 62, y: y - 22, width: 470, height: 32, borderWidth: 0.7, borderColor: rgb(0, 0, 0) });
    sheet.put(fields[row % fields.length]!, 66, y, 7);
    for (let box = 0; box < 22; box++)
      sheet.page.drawLine({
        start: { x: 200 + box * 15, y: y - 22 },
        end: { x: 200 + box * 15, y: y - 14 },
        thickness: 0.4,
      });
  }
}

function spreadsheet(sheet: Sheet): void {
  const { page } = sheet;
  for (let row = 0; row < 46; row++) {
    const y = 790 - row * 16;
    if (row === 0) page.drawRectangle({ x: 40, y: y - 4, width: 515, height: 16, color: rgb(0.85, 0.9, 0.8) });
    page.drawLine({ start: { x: 40, y: y - 4 }, end: { x: 555, y: y - 4 }, thickness: 0.3, color: rgb(0.6, 0.6, 0.6) });
    for (let column = 0; column < 8; column++)
      sheet.put(
        row === 0 ? `Quarter ${column + 1}` : String((row * 7919 + column * 104_729) % 90_000),
        44 + column * 65,
        y,
        8,
      );
  }
  for (let column = 0; column <= 8; column++)
    page.drawLine({ start: { x: 40 + column * 64.4, y: 802 }, end: { x: 40 + column * 64.4, y: 66 }, thickness: 0.3 });
}

function logo(sheet: Sheet): void {
  const { page } = sheet;
  for (let ring = 0; ring < 24; ring++)
    page.drawCircle({ x: 300, y: 560, size: 190 - ring * 7, color: rgb(0.2 + ring * 0.03, 0.35 + ring * 0.025, 0.8) });
  sheet.put('GRAND OPENING', 130, 300, 40);
  sheet.put('Saturday the fifth of December at ten', 110, 250, 24, rgb(0.6, 0, 0));
}

/** A landscape of hills, sky and grain. */
function photo(): Promise<Buffer> {
  const [width, height] = [1600, 1200];
  const data = Buffer.alloc(width * height);
  let seed = 1;
  const grain = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (seed / 2_147_483_648 - 0.5) * 24;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let value = 250 - y / 8;
      for (let hill = 1; hill <= 4; hill++) {
        const top = 340 + hill * 150 + 70 * Math.sin(x / (210 - hill * 30) + hill) + 25 * Math.sin(x / 57 + hill * 2);
        if (y > top) value = 190 - hill * 38 + 18 * Math.sin(x / 31) * Math.sin(y / 23);
      }
      data[y * width + x] = Math.max(0, Math.min(255, value + grain()));
    }
  }
  return sharp(data, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** @param rasterise a PDF's only page in grey, 150 dots an inch, as PNG */
export async function officeDocuments(rasterise: (pdf: Uint8Array) => Promise<Buffer>): Promise<OfficeDocument[]> {
  const typed = await pdf('letter', letter);
  const paper = sharp(await rasterise(typed.content))
    .grayscale()
    .linear(0.82, 28)
    .rotate(0.4, { background: '#e0e0e0' });
  const { width, height } = await sharp(await paper.clone().png().toBuffer()).metadata();
  const noise = await sharp({
    create: { width, height, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 0, sigma: 14 } },
  })
    .grayscale()
    .png()
    .toBuffer();
  const scanned = await sharp(await paper.png().toBuffer())
    .composite([{ input: noise, blend: 'add' }])
    .jpeg({ quality: 70 })
    .toBuffer();
  return [
    typed,
    await pdf('invoice', invoice, StandardFonts.Helvetica),
    await pdf('form', form, StandardFonts.Helvetica),
    await pdf('spreadsheet', spreadsheet, StandardFonts.Helvetica),
    { name: 'scanned letter', kind: 'jpeg', content: scanned, text: typed.text },
    { name: 'photo', kind: 'jpeg', content: await photo(), text: '' },
    await pdf('logo page', logo, StandardFonts.HelveticaBold),
  ];
}
