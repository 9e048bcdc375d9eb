import { createHash } from 'node:crypto';
import { OctetInput, UnexpectedEnd } from '../../lib/octet-input.ts';
import {
  BundleError,
  blockBytes,
  firstLine,
  firstLineLimit,
  formatVersion,
  type Manifest,
  manifestLimit,
  manifestSchema,
  signatureBytes,
} from './bundle-format.ts';
import { signerOf, type UpdateKey } from './bundle-keys.ts';

/** A bundle whose beginning was read. */
export interface Bundle {
  readonly manifest: Manifest;
  /** Name of the key that signed it; undefined when none of ours did. */
  readonly signer: string | undefined;
  /** The octets that were read: first line, manifest, signature. */
  readonly head: Uint8Array;
  /**
   * The system in blocks of 1 MiB, each right before it is handed out; the last one when nothing follows it. Instead of
   * `octets`, once only. @throws BundleError `damaged` at the first wrong block, or when there is less or more
   */
  blocks(): AsyncGenerator<Uint8Array, void>;
  /**
   * The system as it comes, not checked but for its length: for who hands it on to one who checks. Instead of `blocks`,
   * once only. @throws BundleError `damaged` when there is less or more
   */
  octets(): AsyncGenerator<Uint8Array, void>;
}

/**
 * Reads the beginning. What is in the manifest of a bundle without `signer` is hearsay: nothing may be done by it but tell.
 * @throws BundleError
 */
export async function readBundle(source: AsyncIterable<Uint8Array>, keys: readonly UpdateKey[]): Promise<Bundle> {
  const chunks = source[Symbol.asyncIterator]();
  const input = new OctetInput(async () => {
    const next = await chunks.next();
    return next.done ? undefined : next.value;
  });
  const length = manifestLength(await input.line(firstLineLimit));
  const json = await exactly(input, length);
  const signature = await exactly(input, signatureBytes);
  const signed = Buffer.concat([firstLine(length), json]);
  const signer = signerOf(signed, signature, keys)?.name;
  const manifest = parseManifest(json, signer !== undefined);
  return {
    manifest,
    signer,
    head: Buffer.concat([signed, signature]),
    blocks: () => checkedBlocks(input, manifest),
    octets: () => counted(input, manifest),
  };
}

/** As `readBundle`, and refuses what none of the keys signed. */
export async function readSignedBundle(source: AsyncIterable<Uint8Array>, keys: readonly UpdateKey[]): Promise<Bundle> {
  const bundle = await readBundle(source, keys);
  if (bundle.signer !== undefined) return bundle;
  throw new BundleError(
    'signature',
    'The update is not signed by anybody this box trusts; it was changed, or is not for this box.',
  );
}

function manifestLength(first: Awaited<ReturnType<OctetInput['line']>>): number {
  const line = first.kind === 'line' ? first.octets.toString('latin1') : '';
  const [, version, length] = /^caselli-update (\d{1,4}) (\d{1,9})$/.exec(line) ?? [];
  if (version === undefined) throw new BundleError('no-bundle', 'This file is no Caselli update.');
  if (Number(version) !== formatVersion) {
    throw new BundleError(
      'no-bundle',
      'This update is of a newer form; install an update of a version in between first.',
    );
  }
  if (Number(length) > manifestLimit)
    throw new BundleError('damaged', 'The update is damaged: its description is too long.');
  return Number(length);
}

/** A signed one is of a form that we do not know; any other may as well have been changed on its way. */
function parseManifest(json: Uint8Array, isSigned: boolean): Manifest {
  let read: ReturnType<typeof manifestSchema.safeParse> | undefined;
  try {
    read = manifestSchema.safeParse(JSON.parse(Buffer.from(json).toString('utf8')));
  } catch {
    read = undefined;
  }
  if (read?.success) return read.data;
  if (isSigned) throw new BundleError('no-bundle', 'This update is of another form than this version can install.');
  throw new BundleError('damaged', 'The update is damaged: its description cannot be read.');
}

/** The whole is right when its blocks are: they were signed, in their order. */
async function* checkedBlocks(input: OctetInput, { sizeBytes, blocks }: Manifest): AsyncGenerator<Uint8Array, void> {
  for (const [at, expected] of blocks.entries()) {
    const block = await exactly(input, Math.min(blockBytes, sizeBytes - at * blockBytes));
    if (createHash('sha256').update(block).digest('hex') !== expected) {
      throw new BundleError(
        'damaged',
        `The update is damaged: block ${at + 1} of ${blocks.length} is not what was signed.`,
      );
    }
    // Before the last block is out of hand: who has got it has got the whole.
    if (at === blocks.length - 1) await requireEnd(input);
    yield block;
  }
}

async function* counted(input: OctetInput, { sizeBytes }: Manifest): AsyncGenerator<Uint8Array, void> {
  try {
    yield* input.counted(sizeBytes);
  } catch (error) {
    throw tooShort(error);
  }
  await requireEnd(input);
}

async function exactly(input: OctetInput, count: number): Promise<Buffer> {
  try {
    return await input.counted(count).all();
  } catch (error) {
    throw tooShort(error);
  }
}

function tooShort(error: unknown): unknown {
  if (!(error instanceof UnexpectedEnd)) return error;
  return new BundleError('damaged', 'The update is not whole: it ends too early.', { cause: error });
}

async function requireEnd(input: OctetInput): Promise<void> {
  try {
    await input.counted(1).all();
  } catch (error) {
    if (error instanceof UnexpectedEnd) return;
    throw error;
  }
  throw new BundleError('damaged', 'The update is damaged: there is more in it than was signed.');
}
