import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { endOfFrames, FrameReader, frames } from './frames.ts';

/** What flows beside a request and its answer. */
export interface FramedStreams {
  /** Bytes that follow the request. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Takes the bytes that come before the answer; the other side waits meanwhile. */
  readonly output?: (chunk: Uint8Array) => Promise<void> | void;
}

/** Connects to a Unix socket. @throws when nothing listens there */
export async function connectTo(path: string): Promise<Socket> {
  const connection = connect(path);
  await once(connection, 'connect');
  // What happens to it later is seen where it is read.
  connection.on('error', () => {});
  return connection;
}

/** Who asks over a connection, as `frames.ts` has it: one thing after the other. */
export class FramedAsker {
  readonly #connection: Socket;
  readonly #reader: FrameReader;

  constructor(connection: Socket) {
    this.#connection = connection;
    this.#reader = new FrameReader(connection);
  }

  get isOpen(): boolean {
    return !this.#connection.destroyed && this.#connection.writable && !this.#connection.readableEnded;
  }

  /**
   * The connection is used up by a request with input, and by one that fails.
   * @returns the JSON of the answer
   * @throws FramingError when the other side breaks off, what reading the input and taking the output throws
   */
  async ask(request: object, streams: FramedStreams): Promise<unknown> {
    const answered = new AbortController();
    const reading = this.#answer(streams.output).finally(() => answered.abort());
    const sending = send(this.#connection, request, streams.input, answered.signal);
    // Whichever fails second has nobody who waits for it.
    for (const end of [reading, sending]) end.catch(() => {});
    // The answer may come before all was sent; content that cannot be read ends the request.
    return JSON.parse(await Promise.race([reading, sending.then(() => reading)]));
  }

  async #answer(output: FramedStreams['output']): Promise<string> {
    for await (const chunk of this.#reader.frames()) await output?.(chunk);
    return this.#reader.line();
  }

  close(): void {
    this.#connection.destroy();
  }
}

/** Sends until all is sent or the answer is there. @throws what reading the content throws; a connection that breaks is seen where it is read */
async function send(
  connection: Socket,
  request: object,
  input: FramedStreams['input'],
  answered: AbortSignal,
): Promise<void> {
  const write = async (octets: Uint8Array): Promise<void> => {
    if (!connection.write(octets)) await once(connection, 'drain', { signal: answered }).catch(() => {});
  };
  await write(Buffer.from(`${JSON.stringify(request)}\n`));
  for await (const chunk of input ?? [])
    for (const frame of frames(chunk)) {
      if (answered.aborted) return;
      await write(frame);
    }
  if (!answered.aborted) await write(endOfFrames);
}
