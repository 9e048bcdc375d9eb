/** Which converter makes pages of a document, by its media type, or by its file name where the type says nothing. */
export type Converter = 'text' | 'html' | 'pdf' | 'postscript' | 'picture' | 'message';

const byType: Readonly<Record<string, Converter>> = {
  'text/plain': 'text',
  'text/html': 'html',
  'text/csv': 'text',
  'text/markdown': 'text',
  'application/pdf': 'pdf',
  'application/x-pdf': 'pdf',
  'application/postscript': 'postscript',
  'image/png': 'picture',
  'image/jpeg': 'picture',
  'image/jpg': 'picture',
  'image/pjpeg': 'picture',
  'image/gif': 'picture',
  'image/webp': 'picture',
  'image/tiff': 'picture',
  'image/x-tiff': 'picture',
};

const byExtension: Readonly<Record<string, Converter>> = {
  txt: 'text',
  log: 'text',
  csv: 'text',
  md: 'text',
  html: 'html',
  htm: 'html',
  pdf: 'pdf',
  ps: 'postscript',
  eps: 'postscript',
  png: 'picture',
  jpg: 'picture',
  jpeg: 'picture',
  gif: 'picture',
  webp: 'picture',
  tif: 'picture',
  tiff: 'picture',
};

/** Types that mail programs give to whatever they do not know. */
const vague = /^application\/(octet-stream|x-download|download|force-download|unknown|binary)$/;

/** @returns undefined when it cannot be faxed. */
export function converterOf(mediaType: string, fileName: string): Converter | undefined {
  const known = byType[mediaType];
  if (known !== undefined || !vague.test(mediaType)) return known;
  return byExtension[/\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? ''];
}

/** By the first bytes of a file, for files that come without a type. */
export function converterOfBytes(start: Uint8Array): 'pdf' | 'postscript' | 'picture' {
  const text = Buffer.from(start).toString('latin1');
  if (text.includes('%PDF-')) return 'pdf';
  if (/^(\x04|\x1b%-12345X[^%]*)?%!/.test(text)) return 'postscript';
  return 'picture';
}
