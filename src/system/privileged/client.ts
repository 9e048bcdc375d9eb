import type { Socket } from 'node:net';
import { z } from 'zod';
import { type Clock, withTimeout } from '../../lib/clock.ts';
import { askFramed, connectTo, type FramedStreams } from '../../lib/framed-ask.ts';
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
  try {
    return await connectTo(path);
  } catch (error) {
    throw new PrivilegedError('failed', 'The privileged helper of this box does not answer.', { cause: error });
  }
}

async function ask<Name extends OperationName>(
  connection: Socket,
  name: Name,
  parameters: OperationParameters<Name>,
  streams: FramedStreams,
): Promise<OperationResult<Name>> {
  const read = answer.parse(await askFramed(connection, { operation: name, parameters }, streams));
  if ('error' in read) throw new PrivilegedError(read.error.kind, read.error.message);
  return operations[name].result.parse(read.ok) as OperationResult<Name>;
}
