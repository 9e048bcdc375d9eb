import { z } from 'zod';
import { type Clock, sleep } from '../../lib/clock.ts';
import { endOfFrames, FrameReader, FramingError, frames } from '../../lib/frames.ts';
import type { Handler, HandlerFiles, Handlers } from './handlers.ts';
import { type OperationName, operations, PrivilegedError } from './operations.ts';

const request = z.strictObject({ operation: z.string().max(100), parameters: z.unknown() });

/** An asker that has its answer and does not go away is left. */
const lingerMs = 10_000;

/** The last line of an answer. */
export type Answer =
  | { readonly ok: unknown }
  | { readonly error: { readonly kind: 'refused' | 'failed'; readonly message: string } };

/**
 * Reads requests, does each, and answers, until the asker closes its side. Nothing outside the closed list is done, and
 * nothing whose parameters are not exactly as the list says. After content that came in, and after what could not be
 * read, no further request is taken.
 * @param write resolves when more may be written
 */
export async function answerRequests(
  input: AsyncIterable<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<void>,
  handlers: HandlerFiles,
  clock: Clock,
): Promise<void> {
  const reader = new FrameReader(input);
  while (await reader.hasMore()) if (!(await answerRequest(reader, write, handlers))) break;
  // A connection that is closed on content nobody has read is reset, and the answer may be lost with it.
  await Promise.race([reader.discard().catch(() => {}), sleep(clock, lingerMs)]);
}

/** @returns whether the next request can be read */
async function answerRequest(
  reader: FrameReader,
  write: (bytes: Uint8Array) => Promise<void>,
  handlers: HandlerFiles,
): Promise<boolean> {
  let answer: Answer;
  let goesOn = false;
  try {
    const asked = readRequest(await reader.line());
    goesOn = operations[asked.operation].stream !== 'in';
    if (goesOn) for await (const _ of reader.frames()) throw new FramingError(`${asked.operation} takes no content`);
    answer = { ok: await done(asked, reader, write, handlers) };
  } catch (error) {
    goesOn &&= !(error instanceof FramingError);
    answer = { error: described(error) };
  }
  await write(endOfFrames);
  await write(Buffer.from(`${JSON.stringify(answer)}\n`));
  return goesOn;
}

interface Asked {
  readonly operation: OperationName;
  readonly parameters: unknown;
}

async function done(
  { operation, parameters }: Asked,
  reader: FrameReader,
  write: (bytes: Uint8Array) => Promise<void>,
  handlers: HandlerFiles,
): Promise<unknown> {
  const { stream, result } = operations[operation];
  const handler = await handlerOf(handlers, operation);
  const output = async (chunk: Uint8Array): Promise<void> => {
    if (stream !== 'out') throw new Error(`${operation} has no output`);
    for (const frame of frames(chunk)) await write(frame);
  };
  return result.parse(
    await handler(parameters as never, { input: stream === 'in' ? reader.frames() : none(), output }),
  );
}

async function handlerOf<Name extends OperationName>(files: HandlerFiles, name: Name): Promise<Handler<Name>> {
  const load = files[name] as (() => Promise<Handlers<Name>>) | undefined;
  if (!load) throw new PrivilegedError('refused', `${name} cannot be done on this box`);
  return (await load())[name];
}

async function* none(): AsyncGenerator<Uint8Array> {}

/** @throws PrivilegedError `refused` */
function readRequest(line: string): Asked {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new PrivilegedError('refused', 'the request is no JSON', { cause: error });
  }
  const asked = request.safeParse(json);
  if (!asked.success) throw new PrivilegedError('refused', 'the request is none');
  const { operation } = asked.data;
  if (!Object.hasOwn(operations, operation))
    throw new PrivilegedError('refused', 'this is no operation of the privileged helper');
  const name = operation as OperationName;
  const parameters = operations[name].parameters.safeParse(asked.data.parameters);
  if (!parameters.success) {
    const problems = parameters.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim());
    throw new PrivilegedError('refused', `${name}: ${problems.slice(0, 5).join('; ')}`);
  }
  return { operation: name, parameters: parameters.data };
}

function described(error: unknown): { kind: 'refused' | 'failed'; message: string } {
  if (error instanceof PrivilegedError && error.kind !== 'no-box') return { kind: error.kind, message: error.message };
  if (error instanceof FramingError) return { kind: 'refused', message: error.message };
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}
