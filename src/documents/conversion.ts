import { z } from 'zod';
import type { ChildEnd } from './child.ts';

/**
 * What is asked of a converter: a document becomes pages as PGM images, one after the other. An order names the
 * converter and how far it may go, never a command or a path, so that it can be given to another user of the machine.
 */

const limits = {
  timeoutMs: z.int().min(1).max(86_400_000),
  memoryBytes: z.int().min(1),
};

export const conversionOrder = z.discriminatedUnion('converter', [
  z.strictObject({
    /** PDF and PostScript. */
    converter: z.literal('ghostscript'),
    /** Height of the sheet that each page is rotated and scaled to fit, in points. */
    heightPt: z.number().positive().max(14_400),
    ...limits,
  }),
  z.strictObject({
    converter: z.literal('picture'),
    /** Largest picture, in pixels. */
    maxPixels: z.int().min(1),
    maxPages: z.int().min(1),
    /** Lines of a sheet, fine. */
    sheetHeightPx: z.int().min(1).max(100_000),
    ...limits,
  }),
]);

export type ConversionOrder = z.output<typeof conversionOrder>;
export type OrderFor<Name extends ConversionOrder['converter']> = Extract<ConversionOrder, { converter: Name }>;

export interface Conversion<Order extends ConversionOrder = ConversionOrder> {
  readonly order: Order;
  /** The document. */
  readonly file: string;
  /** Folder for temporary files. */
  readonly folder: string;
  /** Takes the images as they come; the converter waits meanwhile. What it throws ends the converter. */
  readonly onOutput: (chunk: Uint8Array) => Promise<void> | void;
}

/** Where converters run: as children of this program, or on a box as another user without network. */
export interface Converters {
  /**
   * Runs one.
   * @throws DocumentError when the time is up, the signal's reason when it aborts, what `onOutput` throws; the converter
   * is gone then, or goes at once
   */
  run(conversion: Conversion, signal: AbortSignal): Promise<ChildEnd>;
}
