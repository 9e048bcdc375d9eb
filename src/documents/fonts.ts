/** The fonts that write on fax pages (Debian's fonts-dejavu-core): Latin, Greek, Cyrillic, Arabic, symbols. */
const folder = '/usr/share/fonts/truetype/dejavu';

export const fonts = {
  text: `${folder}/DejaVuSans.ttf`,
  bold: `${folder}/DejaVuSans-Bold.ttf`,
  mono: `${folder}/DejaVuSansMono.ttf`,
} as const;

export type FontName = keyof typeof fonts;

/** What must be there for faxes to be made. */
export const fontFiles: readonly string[] = Object.values(fonts);
