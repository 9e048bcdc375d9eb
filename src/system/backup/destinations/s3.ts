import type { S3mini } from 's3mini';
import { BackupError, reasonOf } from '../backup-error.ts';
import { type BackupName, type BackupSettings, type Destination, listLimit, readBackupName } from './destination.ts';

/** S3 takes 10 000 parts, each but the last of 5 MiB at least. */
const leastPartBytes = 8 * 1024 * 1024;
const partsLimit = 9000;
/** One request has so long: a part over a slow line. */
const requestMs = 15 * 60_000;

type Settings = BackupSettings['s3'];

/** The bucket of the settings, whichever S3-compatible store it is in. */
export async function withS3<T>(settings: Settings, use: (destination: Destination) => Promise<T>): Promise<T> {
  const { endpoint, bucket, region, accessKey, secretKey } = settings;
  if (endpoint === '' || bucket === '' || accessKey === '' || secretKey === '')
    throw new BackupError(
      'settings',
      'Say which store: endpoint, bucket, accessKey and secretKey below system.backup.s3.',
    );
  const { S3mini } = await import('s3mini');
  const client = new S3mini({
    endpoint: `${endpoint.replace(/\/+$/, '')}/${bucket}`,
    region,
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    requestAbortTimeout: requestMs,
  });
  try {
    return await use(s3Destination(client, settings));
  } catch (error) {
    throw said(settings, error);
  }
}

function s3Destination(client: S3mini, { prefix, bucket }: Settings): Destination {
  return {
    put: async (name, content, sizeBytes) => {
      await abortLeftOvers(client, prefix, name);
      const key = `${prefix}${name}`;
      const upload = await client.getMultipartUploadId(key, 'application/octet-stream');
      try {
        const parts: Awaited<ReturnType<S3mini['uploadPart']>>[] = [];
        for await (const part of inParts(content, partBytes(sizeBytes))) {
          parts.push(await client.uploadPart(key, upload, part, parts.length + 1));
        }
        await client.completeMultipartUpload(key, upload, parts);
      } catch (error) {
        await client.abortMultipartUpload(key, upload).catch(() => {});
        throw error;
      }
    },
    list: async () => {
      const found = await client.listObjects('/', prefix, listLimit);
      if (found === null) throw new BackupError('destination', `The store has no bucket "${bucket}".`);
      return found.flatMap(({ Key, Size }) => {
        const name = Key.startsWith(prefix) ? Key.slice(prefix.length) : Key;
        return readBackupName(name) ? [{ name, sizeBytes: Number(Size) }] : [];
      });
    },
    async *read(name) {
      const response = await client.getObjectResponse(`${prefix}${name}`);
      if (!response?.body) throw new BackupError('destination', `The store has no backup "${name}".`);
      yield* response.body as AsyncIterable<Uint8Array>;
    },
    remove: async (name) => {
      await client.deleteObject(`${prefix}${name}`);
    },
  };
}

export function partBytes(sizeBytes: number): number {
  return Math.max(leastPartBytes, Math.ceil(sizeBytes / partsLimit / 65_536) * 65_536);
}

/** The content in pieces of one length, the last one shorter; at least one. */
export async function* inParts(
  content: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let part = new Uint8Array(length);
  let used = 0;
  let given = 0;
  for await (const chunk of content) {
    for (let from = 0; from < chunk.length; ) {
      const piece = chunk.subarray(from, from + length - used);
      part.set(piece, used);
      used += piece.length;
      from += piece.length;
      if (used < length) continue;
      yield part;
      given++;
      [part, used] = [new Uint8Array(length), 0];
    }
  }
  if (used > 0 || given === 0) yield part.subarray(0, used);
}

/** Parts of an upload that was cut off cost money and are seen by nobody. A store that cannot list them keeps them. */
async function abortLeftOvers(client: S3mini, prefix: string, name: BackupName): Promise<void> {
  const box = readBackupName(name)!.box;
  const answer = (await client.listMultipartUploads('/', prefix).catch(() => ({}))) as Record<string, unknown>;
  const whole = (answer.listMultipartUploadsResult ?? answer.ListMultipartUploadsResult ?? answer) as Record<
    string,
    unknown
  >;
  const uploads = [whole.Upload ?? whole.upload ?? []].flat() as Record<string, string>[];
  for (const upload of uploads) {
    const key = upload.Key ?? upload.key ?? '';
    const id = upload.UploadId ?? upload.uploadId ?? '';
    if (key.startsWith(prefix) && readBackupName(key.slice(prefix.length))?.box === box)
      await client.abortMultipartUpload(key, id).catch(() => {});
  }
}

function said({ endpoint }: Settings, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  const { status, serviceCode } = error as { status?: number; serviceCode?: string };
  const refused = status === 403 ? 'it does not take this access key and secret key' : undefined;
  const reason = refused ?? `${reasonOf(error)}${serviceCode ? ` (${serviceCode})` : ''}`;
  return new BackupError('destination', `The store ${new URL(endpoint).host}: ${reason}`, { cause: error });
}
