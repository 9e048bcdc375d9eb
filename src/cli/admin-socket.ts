import { closeSync, openSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type AdminApi, AdminError, exitCodes, type Output } from '../admin/admin-api.ts';
import { adminMethods } from '../admin/admin-methods.ts';
import { drained } from '../lib/drained.ts';
import { type Content, chunksOf } from '../lib/durable.ts';

/**
 * The admin socket: HTTP on a Unix socket in the data folder. `POST /<method>` carries one line of JSON parameters, then
 * content if the method takes some; the answer is JSON, `{ result }` or `{ error }`. Where the method hands out bytes, they are
 * the body, and the answer is the trailer `Answer` (RFC 9110 §6.5), in Base64. HTTP's framing tells content that was sent
 * whole from that of a sender who was killed in the middle. `Upgrade: smtp` turns the connection into an SMTP
 * session (`sendmail -bs`). Who may open the socket (mode 0600) may do all.
 */

export function adminSocketPath(data: string): string {
  return join(data, 'admin.sock');
}

/** Longest line of parameters, bytes. */
const parametersLimit = 1024 * 1024;
/** Longest path that a Unix socket takes (`sun_path`), less its final zero. */
const pathLimit = 107;

const answerTrailer = 'Answer';

export interface AdminServer {
  close(): Promise<void>;
}

/** Serves until closed. `smtp` is given the connection of `sendmail -bs`. */
export async function serveAdmin(data: string, api: AdminApi, smtp: (stream: Socket) => void): Promise<AdminServer> {
  const sessions = new Set<Duplex>();
  const server = createServer({ requestTimeout: 0 }, (request, response) => void answer(request, response, api));
  server.on('upgrade', (_request, socket, head) => {
    sessions.add(socket.on('close', () => sessions.delete(socket)).on('error', () => socket.destroy()));
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: smtp\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    smtp(socket as Socket);
  });
  const path = adminSocketPath(data);
  await rm(path, { force: true });
  await withShortPath(path, (short) => listen(server, short));
  await chmod(path, 0o600);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const session of sessions) session.destroy();
      server.closeAllConnections();
      await closed;
      await rm(path, { force: true });
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Later ones, such as no file descriptors left, are of one connection: the socket stays.
    server.on('error', reject);
    server.listen(path, () => resolve());
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, api: AdminApi): Promise<void> {
  const method = request.url?.slice(1) ?? '';
  if (isMethod(method) && adminMethods[method] === 'output') return answerWithOutput(method, request, response, api);
  let reply: object;
  try {
    const { line, rest } = await firstLine(request);
    reply = { result: (await call(api, method, JSON.parse(line), rest)) ?? null };
  } catch (error) {
    reply = { error: described(error) };
  }
  // Were the connection closed under content that is still coming, the answer would be lost with it.
  const connection = request.complete ? 'close' : 'keep-alive';
  response.writeHead(200, { 'Content-Type': 'application/json', Connection: connection });
  response.end(JSON.stringify(reply));
  request.resume();
}

/** Bytes as the body, the answer as a trailer: whether all went well is known only then. */
async function answerWithOutput(
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
  api: AdminApi,
): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', Trailer: answerTrailer, Connection: 'close' });
  response.flushHeaders();
  const output: Output = async (chunk) => {
    if (response.destroyed) throw new Error('whoever asked went away');
    if (!response.write(chunk)) await drained(response);
  };
  let reply: object;
  try {
    const { line } = await firstLine(request);
    const run = api[method as keyof AdminApi].bind(api) as (parameters: unknown, output: Output) => Promise<unknown>;
    reply = { result: (await run(JSON.parse(line), output)) ?? null };
  } catch (error) {
    reply = { error: described(error) };
  }
  response.addTrailers({ [answerTrailer]: Buffer.from(JSON.stringify(reply)).toString('base64') });
  response.end();
}

function call(api: AdminApi, method: string, parameters: unknown, content: Content): Promise<unknown> {
  if (!isMethod(method)) throw new AdminError(exitCodes.usage, `this box knows no request ${JSON.stringify(method)}`);
  const run = api[method].bind(api) as (parameters: unknown, content?: Content) => Promise<unknown>;
  return adminMethods[method] === 'content' ? run(parameters, content) : run(parameters);
}

function isMethod(name: string): name is keyof AdminApi {
  return Object.hasOwn(adminMethods, name);
}

function described(error: unknown): { exitCode: number; message: string } {
  if (error instanceof AdminError) return { exitCode: error.exitCode, message: error.message };
  return { exitCode: exitCodes.software, message: error instanceof Error ? error.message : String(error) };
}

/** Reads the line of parameters and leaves what follows. */
async function firstLine(request: IncomingMessage): Promise<{ line: string; rest: AsyncIterable<Uint8Array> }> {
  const chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let buffered = Buffer.alloc(0);
  for (;;) {
    const end = buffered.indexOf(0x0a);
    if (end >= 0)
      return { line: buffered.toString('utf8', 0, end), rest: following(buffered.subarray(end + 1), chunks) };
    if (buffered.length > parametersLimit) throw new AdminError(exitCodes.usage, 'the request is too long');
    const next = await chunks.next();
    if (next.done) return { line: buffered.toString('utf8'), rest: following(Buffer.alloc(0), chunks) };
    buffered = Buffer.concat([buffered, next.value]);
  }
}

async function* following(first: Uint8Array, chunks: AsyncIterator<Buffer>): AsyncIterable<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}

/** The box behind the socket of a data folder, or undefined when none is running there. */
export async function connectAdmin(data: string): Promise<AdminApi | undefined> {
  if (!(await isServed(data))) return undefined;
  const ask = (method: string) => (parameters: unknown, content?: Content) => post(data, method, parameters, content);
  const take = (method: string) => (parameters: unknown, output: Output) => post(data, method, parameters, [], output);
  const calls = Object.entries(adminMethods).map(([method, way]) => [method, (way === 'output' ? take : ask)(method)]);
  return Object.fromEntries(calls) as unknown as AdminApi;
}

/** The connection of `sendmail -bs`: an SMTP session with the running box, or undefined when none is running. */
export async function connectSmtp(data: string): Promise<Duplex | undefined> {
  if (!(await isServed(data))) return undefined;
  return withShortPath(
    adminSocketPath(data),
    (socketPath) =>
      new Promise((resolve, reject) => {
        const request = httpRequest({ socketPath, path: '/', headers: { Connection: 'Upgrade', Upgrade: 'smtp' } });
        request.on('upgrade', (_response, socket, head) => {
          if (head.length > 0) socket.unshift(head);
          resolve(socket);
        });
        request.on('error', reject).end();
      }),
  );
}

async function isServed(data: string): Promise<boolean> {
  try {
    await post(data, '', {});
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return false;
    if (code === 'EACCES') throw new AdminError(exitCodes.noPermission, `the box of ${data} belongs to another user`);
    if (error instanceof AdminError) return true; // it answered that it knows no such request
    throw error;
  }
}

/** @param output takes the bytes of the methods that hand some out */
function post(
  data: string,
  method: string,
  parameters: unknown,
  content: Content = [],
  output?: Output,
): Promise<unknown> {
  return withShortPath(adminSocketPath(data), async (socketPath) => {
    const request = httpRequest({ socketPath, method: 'POST', path: `/${method}`, agent: false });
    const reply = new Promise<string>((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        const read = output ? takeOutput(response, output) : text(response);
        read.then(resolve, (error) => {
          request.destroy();
          reject(error);
        });
      });
    });
    reply.catch(() => {}); // awaited below; a refusal may come while content is still being written
    let answer: string;
    try {
      request.write(`${JSON.stringify(parameters ?? null)}\n`);
      const sending = writeContent(request, content);
      // A refusal is the answer, however much of the content is still to come.
      await Promise.race([reply, sending]);
      answer = await reply;
    } finally {
      request.destroy();
    }
    const { result, error } = JSON.parse(answer) as {
      result?: unknown;
      error?: { exitCode: number; message: string };
    };
    if (error) throw new AdminError(error.exitCode, error.message);
    return result;
  });
}

async function takeOutput(response: IncomingMessage, output: Output): Promise<string> {
  const ended = new AdminError(exitCodes.unavailable, 'the box ended before it was done');
  const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const next = () =>
    chunks.next().catch((error: unknown) => {
      throw Object.assign(ended, { cause: error });
    });
  for (let chunk = await next(); !chunk.done; chunk = await next()) await output(chunk.value);
  const answer = response.trailers[answerTrailer.toLowerCase()];
  if (answer === undefined) throw ended;
  return Buffer.from(answer, 'base64').toString('utf8');
}

async function writeContent(request: ReturnType<typeof httpRequest>, content: Content): Promise<void> {
  for await (const chunk of chunksOf(content)) {
    if (request.destroyed) return;
    if (!request.write(chunk)) await drained(request);
  }
  request.end();
}

/** A Unix socket's path is short; a longer one is reached through a descriptor of its folder. */
async function withShortPath<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= pathLimit) return use(path);
  let folder: number;
  try {
    folder = openSync(dirname(path), 'r');
  } catch {
    return use(path); // the folder is not there: the user of the path says so
  }
  try {
    return await use(`/proc/self/fd/${folder}/${basename(path)}`);
  } finally {
    closeSync(folder);
  }
}
