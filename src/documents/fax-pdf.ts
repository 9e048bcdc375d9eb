import { type Raster, resolutions } from '../fax/raster.ts';
import { encodeMh } from '../fax/t4-encode.ts';

export interface FaxPdf {
  readonly title: string;
  /** Stands as the creation date. */
  readonly date: number;
  /** Each is loaded when its turn comes. */
  readonly pages: Iterable<() => Promise<Raster>>;
}

const pointsAnInch = 72;

/**
 * A fax as PDF: each page is the fax page pel for pel in its own size on paper, as T.4 data (PDF 32000-1 §7.4.6,
 * CCITTFaxDecode with K = 0), which every reader of PDF decodes. Pels that are not square are made right by the size.
 */
export async function faxToPdf({ title, date, pages }: FaxPdf): Promise<Uint8Array> {
  const pdf = await import('pdf-lib');
  const document = await pdf.PDFDocument.create();
  document.setTitle(title);
  document.setProducer('Caselli');
  document.setCreator('Caselli');
  document.setCreationDate(new Date(date));
  document.setModificationDate(new Date(date));
  const name = 'Page';
  for (const load of pages) {
    const raster = await load();
    const { widthPx, resolution } = raster;
    // A page without lines is one white line.
    const heightPx = Math.max(raster.heightPx, 1);
    const { xDpi, yDpi } = resolutions[resolution];
    const width = (widthPx * pointsAnInch) / xDpi;
    const height = (heightPx * pointsAnInch) / yDpi;
    const image = document.context.stream(encodeMh(raster), {
      Type: 'XObject',
      Subtype: 'Image',
      Width: widthPx,
      Height: heightPx,
      ColorSpace: 'DeviceGray',
      BitsPerComponent: 1,
      Filter: 'CCITTFaxDecode',
      DecodeParms: { K: 0, Columns: widthPx, Rows: heightPx, EndOfLine: true, EndOfBlock: false },
    });
    const page = document.addPage([width, height]);
    page.node.setXObject(pdf.PDFName.of(name), document.context.register(image));
    page.pushOperators(
      pdf.pushGraphicsState(),
      pdf.concatTransformationMatrix(width, 0, 0, height, 0, 0),
      pdf.drawObject(name),
      pdf.popGraphicsState(),
    );
  }
  return document.save();
}
