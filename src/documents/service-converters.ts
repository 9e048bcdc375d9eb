import { createReadStream } from 'node:fs';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { type Clock, withTimeout } from '../lib/clock.ts';
import { connectTo, FramedAsker } from '../lib/framed-ask.ts';
import { Semaphore } from '../lib/semaphore.ts';
import type { ChildEnd } from './child.ts';
import type { Conversion, Converters } from './conversion.ts';
import { DocumentError } from './document-error.ts';

/** Where the converters of a box listen. */
export const convertersSocket = '/run/documents/documents.sock';

/** Conversions that the listener of a box runs at one time. */
const conversionsAtOnce = 4;
/** The service ends a conversion in time by itself; it has so long beyond that to start and to clean up. */
const graceMs = 60_000;

/** How a conversion ended, as the service says it. */
export const conversionEnd = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ended'), code: z.int().optional(), complaint: z.string() }),
  z.strictObject({ kind: z.literal('document'), message: z.string() }),
  z.strictObject({ kind: z.literal('failed'), message: z.string() }),
]);

export type ConversionEnd = z.output<typeof conversionEnd>;

/** Converters of a box: each in a process of another user, asked over a Unix socket (`serve-conversion.ts`). */
export class ServiceConverters implements Converters {
  readonly #socket: string;
  readonly #clock: Clock;
  readonly #turns = new Semaphore(() => conversionsAtOnce);

  constructor(options: { readonly socket?: string; readonly clock: Clock }) {
    this.#socket = options.socket ?? convertersSocket;
    this.#clock = options.clock;
  }

  run(conversion: Conversion, signal: AbortSignal): Promise<ChildEnd> {
    return this.#turns.run(() => this.#run(conversion, signal));
  }

  async #run(conversion: Conversion, signal: AbortSignal): Promise<ChildEnd> {
    signal.throwIfAborted();
    const connection = await connectTo(this.#socket).catch((error) => {
      throw new Error(`the document converters of this box do not answer: ${(error as Error).message}`);
    });
    // The converter ends when its connection does.
    const leave = (): void => void connection.destroy();
    signal.addEventListener('abort', leave, { once: true });
    try {
      const limitMs = conversion.order.timeoutMs + graceMs;
      return await withTimeout(this.#clock, limitMs, 'document converter', ask(connection, conversion));
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }
}

async function ask(connection: Socket, { order, file, onOutput }: Conversion): Promise<ChildEnd> {
  const streams = { input: createReadStream(file), output: onOutput };
  const end = conversionEnd.parse(await new FramedAsker(connection).ask(order, streams));
  switch (end.kind) {
    case 'ended':
      return { code: end.code, complaint: end.complaint };
    case 'document':
      throw new DocumentError(end.message);
    case 'failed':
      throw new Error(`a document converter of this box failed: ${end.message}`);
  }
}
