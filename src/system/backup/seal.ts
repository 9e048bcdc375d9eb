import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { ReadableStream as WebStream } from 'node:stream/web';
import type { Identity, Recipient, Stanza } from 'age-encryption';
import { BackupError } from './backup-error.ts';

/**
 * Encryption with a passphrase in the age format (age-encryption.org/v1): what is sealed here is opened by `age -d`, and
 * the other way. The format and its stream of 64 KiB chunks are the library's; the key is derived by Node's own scrypt,
 * which does not stop the box meanwhile.
 */

/** scrypt with N = 2^16 takes 64 MiB for a quarter of a second: what a small box can spare. */
const workFactor = 16;
/** age's own choice, 256 MiB; a file that asks for more is not opened. */
const highestWorkFactor = 18;
const label = 'age-encryption.org/v1/scrypt';
const saltBytes = 16;
/** A file key is wrapped with a key that is used once. */
const zeroNonce = Buffer.alloc(12);
const cipher = 'chacha20-poly1305';
const tagBytes = 16;

/** Encrypts what comes. The passphrase is used when reading begins. */
export async function* sealed(
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const age = await import('age-encryption');
  const encrypter = new age.Encrypter();
  encrypter.addRecipient(recipient(passphrase, (args, body) => new age.Stanza(args, body)));
  yield* await encrypter.encrypt(WebStream.from(content) as ReadableStream<Uint8Array>);
}

/** Decrypts what comes. @throws BackupError: foreign, passphrase, damaged */
export async function* opened(
  content: AsyncIterable<Uint8Array>,
  passphrase: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { Decrypter } = await import('age-encryption');
  const unlocking = new Unlocking(passphrase);
  const decrypter = new Decrypter();
  decrypter.addIdentity(unlocking);
  let broken: unknown;
  // An error of the source is its own: it must not be told as damage.
  const watched = async function* () {
    try {
      yield* content;
    } catch (error) {
      broken = error;
      throw error;
    }
  };
  let decrypted: AsyncIterable<Uint8Array>;
  try {
    decrypted = await decrypter.decrypt(WebStream.from(watched()) as ReadableStream<Uint8Array>);
  } catch (error) {
    throw (
      broken ?? unlocking.problem ?? new BackupError('foreign', 'This is no backup of a Caselli box.', { cause: error })
    );
  }
  try {
    yield* decrypted;
  } catch (error) {
    throw broken ?? new BackupError('damaged', 'The backup is damaged or was cut off.', { cause: error });
  }
}

function recipient(passphrase: string, stanza: (args: string[], body: Uint8Array) => Stanza): Recipient {
  return {
    wrapFileKey: async (fileKey) => {
      const salt = randomBytes(saltBytes);
      const key = await derive(passphrase, salt, workFactor);
      const wrapping = createCipheriv(cipher, key, zeroNonce, { authTagLength: tagBytes });
      const body = Buffer.concat([wrapping.update(fileKey), wrapping.final(), wrapping.getAuthTag()]);
      return [stanza(['scrypt', unpadded(salt), String(workFactor)], new Uint8Array(body))];
    },
  };
}

/** Finds the file key, and remembers in words why not. */
class Unlocking implements Identity {
  readonly #passphrase: string;
  problem: BackupError | undefined;

  constructor(passphrase: string) {
    this.#passphrase = passphrase;
  }

  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    const [only, ...others] = stanzas;
    const [kind, salt = '', factor = ''] = only?.args ?? [];
    if (kind !== 'scrypt' || others.length > 0 || only?.body.length !== 16 + tagBytes) {
      this.problem = new BackupError('foreign', 'This file is not encrypted with a passphrase: no backup of a box.');
      return null;
    }
    const logN = /^[1-9]\d?$/.test(factor) ? Number(factor) : highestWorkFactor + 1;
    if (logN > highestWorkFactor) {
      this.problem = new BackupError('foreign', 'This file asks for more memory to be opened than a box spends on it.');
      return null;
    }
    const key = await derive(this.#passphrase, Buffer.from(salt, 'base64'), logN);
    const wrapping = createDecipheriv(cipher, key, zeroNonce, { authTagLength: tagBytes });
    wrapping.setAuthTag(only.body.subarray(16));
    try {
      return new Uint8Array(Buffer.concat([wrapping.update(only.body.subarray(0, 16)), wrapping.final()]));
    } catch {
      this.problem = new BackupError('passphrase', 'The passphrase is not the one of this backup.');
      return null;
    }
  }
}

function derive(passphrase: string, salt: Uint8Array, logN: number): Promise<Buffer> {
  const cost = 2 ** logN;
  const options = { N: cost, r: 8, p: 1, maxmem: 128 * 8 * (cost + 16) };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.concat([Buffer.from(label), salt]), 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
