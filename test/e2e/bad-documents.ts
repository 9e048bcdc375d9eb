import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import { octets } from './bad-talk.ts';

/** An attachment that can never become pages, and what its sender must be told. */
export interface BadDocument {
  readonly name: string;
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
  readonly words: RegExp;
}

/** Pages that the box is set to send at most. */
export const mostPages = 40;
/** Seconds that the box is set to give a document. */
export const mostSeconds = 8;

async function pdfOf(pages: number): Promise<Buffer> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  for (let page = 0; page < pages; page++)
    pdf.addPage([595, 842]).drawText(`Page ${page + 1}`, { x: 90, y: 700, font });
  return Buffer.from(await pdf.save());
}

/** By Ghostscript, as a mail program's user would get it from somebody else. */
function encrypted(pdf: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'caselli-encrypted-'));
  try {
    writeFileSync(join(folder, 'in.pdf'), pdf);
    const passwords = ['-sOwnerPassword=owner', '-sUserPassword=user', '-dEncryptionR=3', '-dKeyLength=128'];
    const words = ['-q', '-dBATCH', '-dNOPAUSE', '-sDEVICE=pdfwrite', ...passwords, '-sOutputFile=out.pdf', 'in.pdf'];
    execFileSync('gs', words, { cwd: folder });
    return readFileSync(join(folder, 'out.pdf'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A white grey PNG of any size: its rows are all alike, so that little is left of them. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([octets(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const pixels = deflateSync(Buffer.alloc((width + 1) * height), { level: 1 });
  return Buffer.concat([
    octets('\x89PNG\r\n\x1a\n'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A PDF whose only page tree is its own child. */
const circularPdf = octets(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[2 0 R]>>endobj\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF\n',
);

function postScript(name: string, program: string, words: RegExp): BadDocument {
  const content = octets(
    `%!PS-Adobe-3.0\n/Courier findfont 12 scalefont setfont 72 700 moveto\n${program}\nshowpage\n`,
  );
  return { name, filename: 'letter.ps', contentType: 'application/postscript', content, words };
}

const damaged = /damaged|is no (PDF|picture|PostScript)/;
const notAllowed = /may not|not allowed/;
const unknown = /cannot be faxed.*save it as PDF/s;
const readAll = (file: string): string => `(${file}) (r) file 10000 string readstring pop show`;

/** @param victim a file of somebody else, which PostScript goes for. */
export async function badDocuments(victim: string): Promise<readonly BadDocument[]> {
  const pdf = (name: string, content: Buffer, words: RegExp): BadDocument => ({
    name,
    filename: 'plan.pdf',
    contentType: 'application/pdf',
    content,
    words,
  });
  const picture = (name: string, kind: string, content: Buffer, words: RegExp): BadDocument => ({
    name,
    filename: `photo.${kind}`,
    contentType: `image/${kind}`,
    content,
    words,
  });
  const other = (name: string, filename: string, contentType: string, content: Buffer): BadDocument => ({
    name,
    filename,
    contentType,
    content,
    words: unknown,
  });
  const onePage = await pdfOf(1);
  const jpeg = await sharp({ create: { width: 800, height: 600, channels: 3, background: 'grey' } })
    .jpeg()
    .toBuffer();
  const png = pngOf(800, 600);
  const executable = Buffer.concat([octets('MZ\x90\0\x03\0\0\0PE\0\0'), Buffer.alloc(5000, 0xcc)]);
  return [
    pdf('an encrypted PDF', encrypted(onePage), /password/),
    pdf('a PDF that is none', octets('This is not a PDF at all.\n'.repeat(50)), damaged),
    pdf('a PDF that is a picture', png, damaged),
    pdf('a PDF of which the first line is left', octets('%PDF-1.7\n'), damaged),
    pdf('a PDF that goes in circles', circularPdf, damaged),
    pdf('a PDF of zeros', Buffer.alloc(100_000), damaged),
    pdf('an empty PDF', Buffer.alloc(0), /empty/),
    pdf('a PDF of 2,000 pages', await pdfOf(2000), RegExp(`more than ${mostPages} pages`)),
    picture('a PNG of 300 megapixels', 'png', pngOf(20_000, 15_000), /100 million pixels/),
    picture('a PNG that breaks off', 'png', png.subarray(0, 60), damaged),
    picture('a PNG that is none', 'png', octets('GIF89a but not really'), damaged),
    picture('a corrupt JPEG', 'jpeg', Buffer.concat([jpeg.subarray(0, 30), Buffer.alloc(5000, 0x5a)]), damaged),
    picture('a JPEG that is none', 'jpeg', executable, damaged),
    picture('an empty GIF', 'gif', Buffer.alloc(0), /empty/),
    picture('a TIFF whose page lies behind its end', 'tiff', octets('II*\0\xff\xff\xff\x7f'), damaged),
    postScript('PostScript that reads the passwords of the system', readAll('/etc/passwd'), notAllowed),
    postScript('PostScript that reads the settings of the program', readAll('../../../config.json'), notAllowed),
    postScript('PostScript that reads what lies beside it', readAll(victim), notAllowed),
    postScript('PostScript that starts a program', readAll('%pipe%id'), notAllowed),
    postScript('PostScript that writes a file', `(${victim}) (w) file (x) writestring`, notAllowed),
    postScript('PostScript that removes a file', `(${victim}) deletefile`, /may not|damaged/),
    postScript('PostScript that loops for ever', '{} loop', RegExp(`longer than ${mostSeconds} seconds`)),
    postScript('PostScript that prints for ever', '{showpage} loop', RegExp(`more than ${mostPages} pages`)),
    postScript('PostScript that takes all memory', '[ {65535 string} loop', /memory|damaged/),
    postScript('PostScript that is none', 'this is just prose ) ) >> ]', damaged),
    postScript('PostScript without a page', 'quit', damaged),
    other('a program', 'setup.exe', 'application/x-msdownload', executable),
    other('a program of no type', 'setup.exe', 'application/octet-stream', executable),
    other('a zip archive', 'plans.zip', 'application/zip', octets('PK\x05\x06'.padEnd(22, '\0'))),
    {
      name: 'a text of a million lines',
      filename: 'log.txt',
      contentType: 'text/plain',
      content: Buffer.alloc(4_000_000, 'abc\n'),
      words: RegExp(`more than ${mostPages} pages`),
    },
  ];
}
