import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
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

/**
 * Asks one thing over a connection, as `frames.ts` has it; the connection is then used up.
 * @returns the JSON of the answer
 * @throws FramingError when the other side breaks off, what reading the input and taking the output throws
 */
export async function askFramed(connection: Socket, request: object, streams: FramedStreams): Promise<unknown> {
  const answered = new AbortController();
  const reading = readAnswer(connection, streams.output).finally(() => answered.abort());
  const sending = send(connection, request, streams.input, answered.signal);
  // The answer may come before all was sent; content that cannot be read ends the request.
  return JSON.parse(await Promise.race([reading, sending.then(() => reading)]));
}

async function readAnswer(connection: Socket, output: FramedStreams['output']): Promise<string> {
  const reader = new FrameReader(connection);
  for await (const chunk of reader.frames()) await output?.(chunk);
  return reader.line();
}

/** @throws what reading the content throws; a connection that breaks is seen where it is read */
async function send(
  connection: Socket,
  request: object,
  input: FramedStreams['input'],
  answered: AbortSignal,
): Promise<void> {
  let unreadable: { readonly error: unknown } | undefined;
  async function* octets(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${JSON.stringify(request)}\n`);
    try {
      for await (const chunk of input ?? []) yield* frames(chunk);
    } catch (error) {
      unreadable = { error };
      throw error;
    }
    yield endOfFrames;
  }
  await pipeline(octets, connection, { end: false, signal: answered }).catch(() => {
    if (unreadable) throw unreadable.error;
  });
}
