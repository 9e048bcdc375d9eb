import { createHash, createPrivateKey, sign } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { blockBytes, type Manifest, signedPart } from '../src/system/update/bundle-format.ts';

/** Makes and signs an update bundle; its form stands in `src/system/update/bundle-format.ts`. */

export interface BundleParts {
  /** The system's squashfs. */
  readonly squashfs: string;
  /** Where the bundle goes (`*.cas`). */
  readonly out: string;
  readonly board: string;
  readonly version: string;
  /** ISO 8601; the same system and time make the same bundle, octet for octet. */
  readonly builtAt: string;
  /** The oldest version that may be updated to this one; any when not given. */
  readonly minimumVersion?: string;
  /** What is new, for people. */
  readonly notes?: string;
  /** Secret Ed25519 key, PEM. */
  readonly key: string;
}

/** @throws Error when the key is no Ed25519 key, or the manifest would not be one */
export async function makeBundle({ squashfs, out, key, ...facts }: BundleParts): Promise<Manifest> {
  const secret = createPrivateKey(key);
  if (secret.asymmetricKeyType !== 'ed25519') throw new Error('updates are signed with an Ed25519 key');
  const manifest: Manifest = {
    product: 'caselli',
    minimumVersion: '0.0.0',
    notes: '',
    ...facts,
    ...(await hashes(squashfs)),
  };
  const signed = signedPart(manifest);
  const aside = `${out}.new`;
  const file = await open(aside, 'w');
  try {
    await file.writeFile(Buffer.concat([signed, sign(null, signed, secret)]));
    for await (const chunk of blocksOf(squashfs)) await file.writeFile(chunk);
    await file.close();
    await rename(aside, out);
  } catch (error) {
    await file.close();
    await rm(aside, { force: true });
    throw error;
  }
  return manifest;
}

function blocksOf(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: blockBytes });
}

async function hashes(squashfs: string): Promise<Pick<Manifest, 'sizeBytes' | 'sha256' | 'blocks'>> {
  const { size } = await stat(squashfs);
  const whole = createHash('sha256');
  const blocks: string[] = [];
  for await (const block of blocksOf(squashfs)) {
    whole.update(block);
    blocks.push(createHash('sha256').update(block).digest('hex'));
  }
  return { sizeBytes: size, sha256: whole.digest('hex'), blocks };
}

const usage = `node image/bundle.ts --squashfs FILE --out FILE.cas --board NAME --version VERSION --built-at TIME --key FILE
                     [--minimum-version VERSION] [--notes FILE]
Makes a key: openssl genpkey -algorithm ed25519 -out secret.pem; openssl pkey -in secret.pem -pubout -out public.pem
`;

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const options = { squashfs: text, out: text, board: text, version: text, 'built-at': text, key: text };
  const { values } = parseArgs({ options: { ...options, 'minimum-version': text, notes: text } });
  const missing = Object.keys(options).filter((name) => values[name as keyof typeof options] === undefined);
  if (missing.length > 0) throw new Error(`${missing.map((name) => `--${name}`).join(', ')} missing\n${usage}`);
  const manifest = await makeBundle({
    squashfs: values.squashfs!,
    out: values.out!,
    board: values.board!,
    version: values.version!,
    builtAt: new Date(values['built-at']!).toISOString(),
    key: await readFile(values.key!, 'utf8'),
    ...(values['minimum-version'] !== undefined && { minimumVersion: values['minimum-version'] }),
    ...(values.notes !== undefined && { notes: await readFile(values.notes, 'utf8') }),
  });
  process.stdout.write(`${values.out}: ${manifest.version} for ${manifest.board}, ${manifest.sizeBytes} bytes\n`);
}

if (import.meta.main) await main();
