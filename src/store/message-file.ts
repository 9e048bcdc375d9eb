import { type FileHandle, open } from 'node:fs/promises';
import { countBareLf, toCrlf } from './line-ends.ts';

/** Octets read from a file at one time, which is the longest chunk given to a reader before line ends are made. */
const chunkBytes = 64 * 1024;

/** A place in a message: after `given` octets as read, `at` octets of the file are done; the last was a CR or not. */
interface Mark {
  readonly given: number;
  readonly at: number;
  readonly afterCr: boolean;
}

/**
 * Where chunks of a message begin, learnt while reading, so that a client that fetches a large message in pieces does
 * not make us count line ends from its start each time.
 */
export class Marks {
  readonly #marks: Mark[] = [{ given: 0, at: 0, afterCr: false }];

  before(given: number): Mark {
    let low = 0;
    for (let high = this.#marks.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (this.#marks[middle]!.given <= given) low = middle;
      else high = middle - 1;
    }
    return this.#marks[low]!;
  }

  learn(mark: Mark): void {
    if (mark.at > this.#marks.at(-1)!.at) this.#marks.push(mark);
  }
}

/**
 * Reads octets `start` to `end` of a message, line ends as CRLF. Takes and closes the handle.
 * @param sizeBytes what the index says the whole message gives.
 * @throws Error when the file gives less than that: some program has cut it.
 */
export async function* readMessage(
  handle: FileHandle,
  marks: Marks,
  sizeBytes: number,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  try {
    const asIs = (await handle.stat()).size === sizeBytes;
    let { given, at, afterCr } = asIs ? { given: start, at: start, afterCr: false } : marks.before(start);
    while (given < end) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at);
      if (bytesRead === 0) throw new Error(`the message's file ends at ${given} of ${sizeBytes} octets`);
      const chunk = buffer.subarray(0, bytesRead);
      const lines = asIs ? chunk : toCrlf(chunk, afterCr);
      const wanted = lines.subarray(Math.max(start - given, 0), Math.max(end - given, 0));
      given += lines.length;
      at += bytesRead;
      afterCr = chunk[bytesRead - 1] === 13;
      if (!asIs) marks.learn({ given, at, afterCr });
      if (wanted.length > 0) yield wanted;
    }
  } finally {
    await handle.close();
  }
}

/** Counts what reading the file will give, for files of other programs. */
export async function measureFile(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let sizeBytes = 0;
    let afterCr = false;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, chunkBytes);
      if (bytesRead === 0) return sizeBytes;
      const chunk = buffer.subarray(0, bytesRead);
      sizeBytes += bytesRead + countBareLf(chunk, afterCr);
      afterCr = chunk[bytesRead - 1] === 13;
    }
  } finally {
    await handle.close();
  }
}
