import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A key that updates may be signed with. */
export interface UpdateKey {
  /** Name of its file without `.pem`: `release-1`, `development`. */
  readonly name: string;
  readonly key: KeyObject;
}

/** On a box; the image build puts them there. */
export const updateKeysFolder = '/etc/caselli/keys';

/** Keys that are read; there are two of releases (the one in use and the next) and one of development. */
const mostKeys = 10;

/**
 * The public keys (`*.pem`, Ed25519) of a folder, by name; none where there is no folder.
 * @throws Error naming a file that holds no such key
 */
export async function readUpdateKeys(folder: string): Promise<readonly UpdateKey[]> {
  const names = (await namesOf(folder)).filter((name) => name.endsWith('.pem')).toSorted();
  return Promise.all(
    names.slice(0, mostKeys).map(async (name) => {
      const key = createPublicKey(await readFile(join(folder, name)));
      if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${name} is no Ed25519 key`);
      return { name: name.slice(0, -'.pem'.length), key };
    }),
  );
}

/** @returns the key that made the signature; undefined when none of them did */
export function signerOf(signed: Uint8Array, signature: Uint8Array, keys: readonly UpdateKey[]): UpdateKey | undefined {
  return keys.find(({ key }) => verify(null, signed, key, signature));
}

async function namesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
