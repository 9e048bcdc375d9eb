import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * A small S3 store for tests: one bucket in memory, multipart uploads, listing in pages. It checks every signature (AWS
 * Signature Version 4, path style), written from Amazon's description and not from the client under test.
 */
export interface TestStore {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  /** Uploads begun and neither completed nor aborted, by id. */
  readonly uploads: Map<string, { readonly key: string; readonly parts: Map<number, Buffer> }>;
  /** Asked before each request; what it returns is answered in place of what was asked for. */
  refuse: (method: string, url: URL) => { status: number; code: string } | undefined;
  close(): Promise<void>;
}

export const credentials = { bucket: 'office', region: 'eu-test-1', accessKey: 'AKTEST', secretKey: 'very/secret+key' };

export async function openTestStore(): Promise<TestStore> {
  const server = createServer((request, response) => void answer(store, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const store: TestStore = {
    endpoint: `http://127.0.0.1:${port}`,
    objects: new Map(),
    uploads: new Map(),
    refuse: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return store;
}

async function answer(store: TestStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url!, store.endpoint);
  const body = await buffer(request);
  const fail = (status: number, code: string): void => {
    response.writeHead(status, { 'Content-Type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  };
  const refused = store.refuse(request.method!, url);
  if (refused) return fail(refused.status, refused.code);
  if (!isSigned(request, url)) return fail(403, 'SignatureDoesNotMatch');
  const [, bucket, ...rest] = decodeURIComponent(url.pathname).split('/');
  if (bucket !== credentials.bucket) return fail(404, 'NoSuchBucket');
  const result = done(store, request.method!, url, rest.join('/'), body);
  if (!result) return fail(404, 'NoSuchKey');
  response.writeHead(result.status ?? 200, { 'Content-Length': result.body?.length ?? 0, ...result.headers });
  response.end(result.body);
}

interface Result {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
}

const xml = (text: string): Result => ({
  headers: { 'Content-Type': 'application/xml' },
  body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`),
});
let uploadCount = 0;

function done(store: TestStore, method: string, url: URL, key: string, body: Buffer): Result | undefined {
  const { searchParams } = url;
  const id = searchParams.get('uploadId') ?? '';
  const upload = store.uploads.get(id);
  if (method === 'GET' && key === '') return searchParams.has('uploads') ? listUploads(store) : listObjects(store, url);
  if (method === 'POST' && searchParams.has('uploads')) {
    const made = `upload-${++uploadCount}`;
    store.uploads.set(made, { key, parts: new Map() });
    return xml(
      `<InitiateMultipartUploadResult><Key>${key}</Key><UploadId>${made}</UploadId></InitiateMultipartUploadResult>`,
    );
  }
  if (method === 'PUT' && upload) {
    upload.parts.set(Number(searchParams.get('partNumber')), body);
    return { headers: { ETag: `"${md5(body)}"` } };
  }
  if (method === 'POST' && upload) return complete(store, id, body);
  if (method === 'DELETE' && id !== '') return store.uploads.delete(id) ? { status: 204 } : undefined;
  if (method === 'DELETE') {
    store.objects.delete(key);
    return { status: 204 };
  }
  const object = store.objects.get(key);
  return method === 'GET' && object ? { body: object } : undefined;
}

function complete(store: TestStore, id: string, body: Buffer): Result | undefined {
  const { key, parts } = store.uploads.get(id)!;
  const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>\s*<ETag>(?:"|&quot;)?([0-9a-f]+)/g)];
  const pieces = named.map(([, number, tag]) => {
    const part = parts.get(Number(number));
    return part && md5(part) === tag ? part : undefined;
  });
  const whole = pieces.filter((piece) => piece !== undefined);
  // Amazon refuses parts below 5 MiB other than the last.
  if (whole.length !== parts.size || whole.slice(0, -1).some((piece) => piece.length < 5 * 1024 * 1024))
    return undefined;
  store.objects.set(key, Buffer.concat(whole));
  store.uploads.delete(id);
  return xml(
    `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>"x-${whole.length}"</ETag></CompleteMultipartUploadResult>`,
  );
}

/** Two a page, so that the client must ask on. */
function listObjects({ objects }: TestStore, { searchParams }: URL): Result {
  const prefix = searchParams.get('prefix') ?? '';
  const after = searchParams.get('continuation-token') ?? '';
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, 2);
  const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)!.length}</Size></Contents>`);
  const next = keys.length > 2 ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
  return xml(
    `<ListBucketResult><IsTruncated>${keys.length > 2}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`,
  );
}

function listUploads({ uploads }: TestStore): Result {
  const each = [...uploads].map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`);
  return xml(`<ListMultipartUploadsResult>${each.join('')}</ListMultipartUploadsResult>`);
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** Amazon S3 API reference, "Authenticating Requests (AWS Signature Version 4)". */
function isSigned(request: IncomingMessage, url: URL): boolean {
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (!given) return false;
  const [, key, date, region, names, signature] = given as unknown as string[];
  if (key !== credentials.accessKey || region !== credentials.region || !names!.split(';').includes('host'))
    return false;
  const time = String(request.headers['x-amz-date']);
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const path = url.pathname
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = names!
    .split(';')
    .map((name) => `${name}:${String(request.headers[name]).trim()}\n`)
    .join('');
  const canonical = [request.method, path, query, headers, names, request.headers['x-amz-content-sha256']].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const sign = (secret: string | Buffer, text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  const steps = [date!, region!, 's3', 'aws4_request'];
  const signing = steps.reduce<string | Buffer>(sign, `AWS4${credentials.secretKey}`);
  return createHmac('sha256', signing).update(toSign).digest('hex') === signature;
}
