import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type AdminApi, AdminError, exitCodes, type Output } from '../../admin/admin-api.ts';
import { detailsOf, subjectOf } from '../../admin/subject.ts';
import { type Actor, asActor } from '../../lib/actor.ts';
import { isToken, type Session } from '../sessions.ts';
import { isGet, mayDo, type Operation } from './operation.ts';

export interface ApiParts {
  readonly admin: AdminApi;
  /** Who asks; undefined for nobody. */
  readonly session: (request: FastifyRequest) => Session | undefined;
  /** Whether somebody must set up a second factor before anything else. */
  readonly lacksSecondFactor: (session: Session) => boolean;
  readonly actor: (session: Session, request: FastifyRequest) => Actor;
  /** What was done, by whom; for the log. */
  readonly changed: (session: Session, change: Change) => void;
}

/** Something that somebody asked for. */
export interface Change {
  readonly operation: string;
  /** Why it was not done. */
  readonly failed: string;
  readonly remote: string;
  /** What it was about: an address, the id of a message. */
  readonly subject: string;
  readonly details: readonly string[];
}

/** Where an operation is found. */
export const pathOf = (name: string): string => `/api/${name}`;

/** The header that carries the session's token. */
export const tokenHeader = 'x-caselli-token';

const jsonLimitBytes = 1024 * 1024;

/** A request that the panel refuses; `status` is of HTTP. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
  constructor(status: number, message: string, problems: Refusal['problems'] = []) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

const statuses: Readonly<Record<number, number>> = {
  [exitCodes.usage]: 400,
  [exitCodes.data]: 422,
  [exitCodes.noInput]: 404,
  [exitCodes.noUser]: 404,
  [exitCodes.unavailable]: 501,
  [exitCodes.cannotCreate]: 409,
  [exitCodes.tempFail]: 503,
  [exitCodes.noPermission]: 403,
  [exitCodes.config]: 422,
};

/** Of a refused upload so much is still taken. */
const discardLimitBytes = 1024 ** 3;

/** The operations as routes, each behind session, role and token. */
export function apiRoutes(
  app: FastifyInstance,
  operations: Readonly<Record<string, Operation>>,
  parts: ApiParts,
): void {
  app.addContentTypeParser('application/octet-stream', (_request, content, done) => done(null, content));
  for (const [name, operation] of Object.entries(operations)) {
    app.route({
      method: isGet(operation) ? 'GET' : 'POST',
      url: pathOf(name),
      bodyLimit: operation.kind === 'upload' ? Number.MAX_SAFE_INTEGER : jsonLimitBytes,
      handler: (request, reply) => answer(name, operation, parts, request, reply),
    });
  }
}

async function answer(
  name: string,
  operation: Operation,
  parts: ApiParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  let session: Session | undefined;
  let uploaded: Uploaded | undefined;
  let subject = '';
  let details: readonly string[] = [];
  const changed = (by: Session, failed: string): void =>
    parts.changed(by, { operation: name, failed, remote: request.ip, subject, details });
  try {
    session = allowed(operation, parts, request);
    const input = inputOf(operation, request, session);
    subject = subjectOf(input);
    details = detailsOf(input);
    const actor = parts.actor(session, request);
    const done = (): void => changed(session!, '');
    if (operation.kind === 'download' || operation.kind === 'read')
      return await asActor(actor, () => download(name, operation, parts, input, reply, done));
    if (operation.kind === 'upload') uploaded = new Uploaded(request);
    const content = uploaded ? [uploaded.content] : [];
    const result = await asActor(actor, () => method(parts.admin, name)(input, ...content));
    if (!isGet(operation)) done();
    // Whatever it is: a text that is handed to `send` would go as it stands.
    return reply.type('application/json').send(JSON.stringify(result === undefined ? {} : result));
  } catch (error) {
    const { status, body } = failure(error);
    if (session && !isGet(operation)) changed(session, body.error);
    return reply.code(status).send(body);
  } finally {
    uploaded?.discard().catch(() => {});
  }
}

function allowed(operation: Operation, parts: ApiParts, request: FastifyRequest): Session {
  const session = parts.session(request);
  if (!session) throw new Refusal(401, 'Log in first.');
  if (!operation.beforeSecondFactor && parts.lacksSecondFactor(session))
    throw new Refusal(403, 'Set up a second factor first: the box asks for one.');
  if (!mayDo(session.role, operation.role)) throw new Refusal(403, 'You may not do this.');
  if (isGet(operation)) return session;
  const field = request.body instanceof URLSearchParams ? request.body.get('token') : undefined;
  const token = request.headers[tokenHeader] ?? (operation.kind === 'download' ? field : undefined);
  if (!isToken(token, session)) throw new Refusal(403, 'This request did not come from a page of the panel.');
  return session;
}

function inputOf(operation: Operation, { query, body }: FastifyRequest, { role, account }: Session): unknown {
  const fromAddress = isGet(operation) || operation.kind === 'upload';
  const sent = fromAddress ? fromQuery(operation, query) : fromBody(body);
  const isOwn = operation.self || (operation.own && role === 'person');
  const given = isOwn ? { ...(sent as object), account } : sent;
  const result = operation.input.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Refusal(
    400,
    problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    problems,
  );
}

/** A form of a download has its input as JSON in one field. */
function fromBody(body: unknown): unknown {
  if (!(body instanceof URLSearchParams)) return body ?? {};
  try {
    return JSON.parse(body.get('input') ?? '{}');
  } catch {
    throw new Refusal(400, 'The field "input" is not JSON.');
  }
}

/** Texts of a query as the values that the operation takes. */
function fromQuery(operation: Operation, query: unknown): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(
    Object.entries(query as Record<string, string>).map(([key, text]) => {
      const property = properties[key];
      const type = typeof property === 'object' ? property.type : undefined;
      if (type === 'integer' || type === 'number') return [key, Number(text)];
      return [key, type === 'boolean' ? text === 'true' : text];
    }),
  );
}

/** What is handed up. Reading that ends early leaves the request as it is: what still comes belongs to the connection. */
class Uploaded {
  readonly content: AsyncIterableIterator<Uint8Array>;
  readonly #body: Readable | undefined;

  constructor({ body }: FastifyRequest) {
    this.#body = body instanceof Readable ? body : undefined;
    this.content = (this.#body ?? Readable.from([])).iterator({ destroyOnReturn: false });
  }

  /**
   * Throws away what was not read when the answer is there. Left unread it would stand in the way of the next request, which
   * a browser sends on the same connection; too much of it ends the connection.
   */
  async discard(): Promise<void> {
    await this.content.return?.();
    const body = this.#body;
    if (!body || body.readableEnded || body.destroyed) return;
    let left = discardLimitBytes;
    body.on('error', () => {});
    body.on('data', (chunk: Uint8Array) => {
      left -= chunk.length;
      if (left < 0) body.destroy();
    });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the table of operations is checked against the methods by the compiler.
function method(admin: AdminApi, name: string): (...parameters: any[]) => Promise<unknown> {
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  return (admin as any)[name].bind(admin);
}

/** The answer begins with the first octets: until then it may still be a refusal. */
async function download(
  name: string,
  { file, kind }: Operation,
  parts: ApiParts,
  input: unknown,
  reply: FastifyReply,
  done: () => void,
): Promise<FastifyReply> {
  const began = Promise.withResolvers<void>();
  let begun = false;
  const stream = new Readable({ read: () => resume() });
  stream.on('error', () => {});
  let resume = (): void => {};
  stream.once('close', () => resume());
  const output: Output = (chunk) => {
    begun = true;
    began.resolve();
    if (stream.destroyed) throw new Error('the browser went away');
    if (stream.push(chunk)) return;
    return new Promise((resolve) => {
      resume = resolve;
    });
  };
  const made = method(parts.admin, name)(input, output).then(
    () => {
      if (kind === 'download') done();
      stream.push(null);
      began.resolve();
    },
    (error: unknown) => {
      // A browser that has part of it already sees that it breaks off.
      if (begun) stream.destroy(error as Error);
      began.reject(error);
    },
  );
  made.catch(() => {});
  await began.promise;
  const place = kind === 'download' ? 'attachment' : 'inline';
  return reply.header('Content-Disposition', `${place}; filename="${file!.name}"`).type(file!.type).send(stream);
}

function failure(error: unknown): { status: number; body: { error: string; problems?: Refusal['problems'] } } {
  if (error instanceof Refusal)
    return {
      status: error.status,
      body: { error: error.message, ...(error.problems.length > 0 && { problems: error.problems }) },
    };
  if (error instanceof AdminError) return { status: statuses[error.exitCode] ?? 500, body: { error: error.message } };
  return { status: 500, body: { error: `Something broke: ${error instanceof Error ? error.message : String(error)}` } };
}
