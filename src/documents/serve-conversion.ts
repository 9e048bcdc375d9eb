import { existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endOfFrames, FrameReader, frames } from '../lib/frames.ts';
import { type ConversionOrder, type Converters, conversionOrder } from './conversion.ts';
import { DocumentError } from './document-error.ts';
import type { ConversionEnd } from './service-converters.ts';

/** Largest document that is taken. */
const maxDocumentBytes = 1024 * 1024 * 1024;

export interface ServeParts {
  /** What the asker says; its end ends the conversion. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when more may be written. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly converters: Converters;
  /** Folder that the document's private folder is made in. */
  readonly folder: string;
  /** Memory that a converter may use here at most, whatever the order says. */
  readonly mostMemoryBytes: number;
}

/**
 * The service's side of one conversion: reads an order and the document, converts it in a private folder that is removed
 * at the end, and answers with the images and how it ended. Resolves when the asker has gone.
 */
export async function serveConversion(parts: ServeParts): Promise<void> {
  const { input, write, converters, folder, mostMemoryBytes } = parts;
  const reader = new FrameReader(input);
  const gone = new AbortController();
  await removeLeftovers(folder);
  const place = await mkdtemp(join(folder, `conversion-${process.pid}-`));
  let leaving: Promise<void> | undefined;
  const convert = async (): Promise<ConversionEnd> => {
    const asked = readOrder(await reader.line());
    const order = { ...asked, memoryBytes: Math.min(asked.memoryBytes, mostMemoryBytes) };
    const file = join(place, 'document');
    await keep(reader.frames(), file);
    leaving = reader.discard().then(
      () => gone.abort(),
      () => gone.abort(),
    );
    const onOutput = async (chunk: Uint8Array): Promise<void> => {
      for (const frame of frames(chunk)) await write(frame);
    };
    return { kind: 'ended', ...(await converters.run({ order, file, folder: place, onOutput }, gone.signal)) };
  };
  try {
    const end = await convert().catch(described);
    await rm(place, { recursive: true, force: true });
    if (gone.signal.aborted) return;
    await write(endOfFrames);
    await write(Buffer.from(`${JSON.stringify(end)}\n`));
    // A connection that is closed on content nobody has read is reset, and the answer may be lost with it.
    await (leaving ?? reader.discard().catch(() => {}));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Folders of processes that were killed before they could remove theirs. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^conversion-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** @throws Error when it is no order */
function readOrder(line: string): ConversionOrder {
  return conversionOrder.parse(JSON.parse(line));
}

/** @throws DocumentError when it is too large */
async function keep(content: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    let bytes = 0;
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > maxDocumentBytes) throw new DocumentError('it is larger than documents may be here');
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
}

function described(error: unknown): ConversionEnd {
  if (error instanceof DocumentError) return { kind: 'document', message: error.message };
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}
