import { z } from 'zod';
import { type Clock, type Timer, withTimeout } from '../../lib/clock.ts';
import { connectTo, FramedAsker, type FramedStreams } from '../../lib/framed-ask.ts';
import {
  type OperationFacts,
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

/** A helper that served a quick request stays for the next one so long: each start of one costs a small box seconds. */
const idleMs = 10_000;

/** The way to the helper, to be closed when nothing will be asked any more. */
export interface PrivilegedHelper extends Privileged {
  close(): void;
}

/** The way to the privileged helper; on a machine that is no box one that says what would be done. */
export function openPrivileged(options: {
  readonly isBox: boolean;
  readonly clock: Clock;
  readonly socket?: string;
}): PrivilegedHelper {
  const { isBox, clock, socket = helperSocket } = options;
  const quick = new QuickHelper(socket, clock);
  return {
    isBox,
    close: () => quick.close(),
    run: async (name, parameters, streams = {}) => {
      if (!isBox) throw noBox(name);
      const { stream, isSlow, would }: OperationFacts = operations[name];
      const limitMs = stream === undefined ? usualTimeMs : streamTimeMs;
      const asking = (helper: FramedAsker) => withTimeout(clock, limitMs, name, ask(helper, name, parameters, streams));
      try {
        return await (stream === undefined && !isSlow ? quick.use(asking) : useOwn(socket, asking));
      } catch (error) {
        if (error instanceof PrivilegedError) throw error;
        throw new PrivilegedError('failed', `${would}: ${(error as Error).message}`, { cause: error });
      }
    },
  };
}

async function useOwn<T>(socket: string, asking: (helper: FramedAsker) => Promise<T>): Promise<T> {
  const helper = await connected(socket);
  try {
    return await asking(helper);
  } finally {
    helper.close();
  }
}

/** One helper for quick requests, one after the other; it goes when nothing was asked for a while, and after a failure. */
class QuickHelper {
  readonly #socket: string;
  readonly #clock: Clock;
  #helper: FramedAsker | undefined;
  #idle: Timer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(socket: string, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  use<T>(asking: (helper: FramedAsker) => Promise<T>): Promise<T> {
    const answer = this.#last.then(() => this.#use(asking));
    this.#last = answer.catch(() => {});
    return answer;
  }

  close(): void {
    this.#idle?.cancel();
    this.#helper?.close();
    this.#helper = undefined;
  }

  async #use<T>(asking: (helper: FramedAsker) => Promise<T>): Promise<T> {
    this.#idle?.cancel();
    if (!this.#helper?.isOpen) this.#helper = await connected(this.#socket);
    try {
      const answer = await asking(this.#helper);
      this.#idle = this.#clock.timer(idleMs, () => this.close());
      return answer;
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

function noBox(name: OperationName): PrivilegedError {
  return new PrivilegedError('no-box', `This machine is no Caselli box: here it would ${operations[name].would}.`);
}

async function connected(path: string): Promise<FramedAsker> {
  try {
    return new FramedAsker(await connectTo(path));
  } catch (error) {
    throw new PrivilegedError('failed', 'The privileged helper of this box does not answer.', { cause: error });
  }
}

async function ask<Name extends OperationName>(
  helper: FramedAsker,
  name: Name,
  parameters: OperationParameters<Name>,
  streams: FramedStreams,
): Promise<OperationResult<Name>> {
  const read = answer.parse(await helper.ask({ operation: name, parameters }, streams));
  if ('error' in read) throw new PrivilegedError(read.error.kind, read.error.message);
  return operations[name].result.parse(read.ok) as OperationResult<Name>;
}
