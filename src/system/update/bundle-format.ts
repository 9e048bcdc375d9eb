import { z } from 'zod';
import { isVersion } from './version.ts';

/**
 * The update bundle (`*.cas`): one file, read from its beginning to its end.
 *
 *     caselli-update 1 LENGTH\n     what it is, the version of this form, octets of the manifest
 *     manifest                      JSON, LENGTH octets
 *     signature                     64 octets: Ed25519 over the two above
 *     system                        a squashfs, as many octets as the manifest says, and nothing after it
 *
 * The manifest has the SHA-256 of every block of the system, so that each block is known to be right before it is written,
 * and a bundle that was cut or changed is found at the first wrong block.
 */

export const formatVersion = 1;
/** Octets of a block; the last one may be shorter. */
export const blockBytes = 1024 * 1024;
export const signatureBytes = 64;
/** Octets of the first line, its end not counted. */
export const firstLineLimit = 64;
export const manifestLimit = 512 * 1024;
/** Largest system, octets. */
export const systemLimit = 4 * 1024 ** 3;
export const notesLimit = 20_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const version = z.string().refine(isVersion);

/** What a bundle says of itself. Members that a later version adds are passed over. */
export const manifestSchema = z
  .object({
    product: z.literal('caselli'),
    /** Name of a file in `hw/boards/`. */
    board: z.string().regex(/^[a-z0-9_-]{1,64}$/),
    version,
    /** The oldest version that may be updated to this one; it can read what this one leaves behind after a roll-back. */
    minimumVersion: version,
    /** ISO 8601 */
    builtAt: z.iso.datetime(),
    /** Octets of the system. */
    sizeBytes: z.int().min(1).max(systemLimit),
    /** Of the whole system, in hexadecimal. */
    sha256,
    blocks: z.array(sha256).max(systemLimit / blockBytes),
    /** For people, plain text. */
    notes: z.string().max(notesLimit),
  })
  .refine(({ sizeBytes, blocks }) => blocks.length === Math.ceil(sizeBytes / blockBytes));

export type Manifest = z.output<typeof manifestSchema>;

/** Why a bundle cannot be taken; the message is for people. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  /** `no-bundle`: something else, or of a form of the future. `signature`: nobody we trust has signed it. `damaged`: cut or changed. */
  readonly kind: 'no-bundle' | 'signature' | 'damaged';
  constructor(kind: BundleError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export function firstLine(manifestBytes: number): Buffer {
  return Buffer.from(`caselli-update ${formatVersion} ${manifestBytes}\n`);
}

/** What comes before the signature, and is signed. @throws ZodError when the manifest is none */
export function signedPart(manifest: Manifest): Buffer {
  const json = Buffer.from(JSON.stringify(manifestSchema.parse(manifest)));
  if (json.length > manifestLimit) throw new RangeError(`the manifest is longer than ${manifestLimit} octets`);
  return Buffer.concat([firstLine(json.length), json]);
}
