import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { type Clock, withTimeout } from '../../lib/clock.ts';
import { endOfFrames, FrameReader, frames } from '../../lib/frames.ts';
import {
  type OperationName,
  type OperationParameters,
  type OperationResult,
  operations,
  type Privileged,
  PrivilegedError,
} from './operations.ts';

/** Where the helper is reached on a box. */
export const helperSocket = '/run/caselli/helper.sock';

/** The helper has so long for an operation; those that carry content have longer, since a slow stick or disk sets their time. */
const usualTimeMs = 120_000;
const streamTimeMs = 60 * 60_000;

const answer = z.union([
  z.strictObject({ ok: z.unknown() }),
  z.strictObject({ error: z.strictObject({ kind: z.enum(['refused', 'failed']), message: z.string() }) }),
]);

/** The way to the privileged helper; on a machine that is no box one that says what would be done. */
export function openPrivileged(options: {
  readonly isBox: boolean;
  readonly clock: Clock;
  readonly socket?: string;
}): Privileged {
  const { isBox, clock, socket = helperSocket } = options;
  return {
    isBox,
    run: async (name, parameters, streams = {}) => {
      if (!isBox) throw noBox(name);
      const limitMs = operations[name].stream === undefined ? usualTimeMs : streamTimeMs;
      const connection = await connected(socket);
      try {
        return await withTimeout(clock, limitMs, name, ask(connection, name, parameters, streams));
      } catch (error) {
        if (error instanceof PrivilegedError) throw error;
        throw new PrivilegedError('failed', `${operations[name].would}: ${(error as Error).message}`, { cause: error });
      } finally {
        connection.destroy();
      }
    },
  };
}

function noBox(name: OperationName): PrivilegedError {
  return new PrivilegedError('no-box', `This machine is no Caselli box: here it would ${operations[name].would}.`);
}

async function connected(path: string): Promise<Socket> {
  const connection = connect(path);
  try {
    await once(connection, 'connect');
  } catch (error) {
    throw new PrivilegedError('failed', 'The privileged helper of this box does not answer.', { cause: error });
  }
  // What happens to it later is seen where it is read.
  connection.on('error', () => {});
  return connection;
}

async function ask<Name extends OperationName>(
  connection: Socket,
  name: Name,
  parameters: OperationParameters<Name>,
  streams: NonNullable<Parameters<Privileged['run']>[2]>,
): Promise<OperationResult<Name>> {
  const answered = new AbortController();
  const reading = readAnswer(connection, streams.output).finally(() => answered.abort());
  const sending = send(connection, { operation: name, parameters }, streams.input, answered.signal);
  // The answer may come before all was sent; content that cannot be read ends the request.
  const line = await Promise.race([reading, sending.then(() => reading)]);
  const read = answer.parse(JSON.parse(line));
  if ('error' in read) throw new PrivilegedError(read.error.kind, read.error.message);
  return operations[name].result.parse(read.ok) as OperationResult<Name>;
}

async function readAnswer(
  connection: Socket,
  output: ((chunk: Uint8Array) => Promise<void> | void) | undefined,
): Promise<string> {
  const reader = new FrameReader(connection);
  for await (const chunk of reader.frames()) await output?.(chunk);
  return reader.line();
}

/** @throws what reading the content throws; a connection that breaks is seen where it is read */
async function send(
  connection: Socket,
  request: { readonly operation: OperationName; readonly parameters: unknown },
  input: AsyncIterable<Uint8Array> | undefined,
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
