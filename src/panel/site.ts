import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * The pages as Vite has built them (`web/`): names of scripts and styles hold a hash of what is in them, so that browsers keep
 * them for ever; the page itself is asked for each time. Every path that is no file is the page, which knows what to show.
 */
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

const page = 'index.html';
/** Names that Vite gives; nothing else is looked for on the disk. */
const assetPath = /^\/(assets\/[A-Za-z0-9_.-]+|favicon\.svg)$/;

interface Built {
  readonly plain: Buffer;
  readonly packed: Buffer;
}

export function siteRoutes(app: FastifyInstance): void {
  const held = new Map<string, Promise<Built>>();
  const built = (name: string): Promise<Built> => {
    const known = held.get(name) ?? read(name);
    held.set(name, known);
    known.catch(() => held.delete(name));
    return known;
  };
  app.get('/*', async (request, reply) => {
    const path = request.url.split('?')[0]!;
    if (path.startsWith('/api/')) return reply.code(404).send({ error: 'There is no such thing.' });
    const name = assetPath.exec(path)?.[1];
    if (name === undefined && extname(path) !== '') return reply.code(404).send('There is no such page.\n');
    try {
      return await give(request, reply, name ?? page, await built(name ?? page));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return reply.code(404).send('There is no such page.\n');
      throw error;
    }
  });
}

async function give(request: FastifyRequest, reply: FastifyReply, name: string, { plain, packed }: Built) {
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (name.startsWith('assets/')) reply.header('Cache-Control', 'public, max-age=31536000, immutable');
  if (takesGzip) reply.header('Content-Encoding', 'gzip');
  return reply
    .header('Vary', 'Accept-Encoding')
    .type(types[extname(name)] ?? 'application/octet-stream')
    .send(takesGzip ? packed : plain);
}

async function read(name: string): Promise<Built> {
  const plain = await readFile(new URL(`./site/${name}`, import.meta.url));
  return { plain, packed: await promisify(gzip)(plain, { level: 9 }) };
}
