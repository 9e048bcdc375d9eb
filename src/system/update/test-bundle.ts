import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { blockBytes, type Manifest, signedPart } from './bundle-format.ts';
import type { UpdateKey } from './bundle-keys.ts';

/** Bundles for tests, in memory. */

export const testKeys = generateKeyPairSync('ed25519');
export const trusted: readonly UpdateKey[] = [{ name: 'test', key: testKeys.publicKey }];

/** Octets that look like a squashfs to who looks at the first four, and differ from block to block. */
export function testSystem(sizeBytes: number, seed: number): Buffer {
  const system = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 64) system[at] = (seed * 31 + at / 64) % 251;
  system.write('hsqs');
  return system;
}

export function testManifest(system: Uint8Array, change: Partial<Manifest> = {}): Manifest {
  const blocks: string[] = [];
  for (let at = 0; at < system.length; at += blockBytes) blocks.push(sha256(system.subarray(at, at + blockBytes)));
  return {
    product: 'caselli',
    board: 'qemu-x86_64',
    version: '1.4.0',
    minimumVersion: '1.0.0',
    builtAt: '2026-01-02T03:04:05.000Z',
    sizeBytes: system.length,
    sha256: sha256(system),
    blocks,
    notes: 'Faxes are nicer.',
    ...change,
  };
}

export function testBundle(
  system: Uint8Array,
  change: Partial<Manifest> = {},
  key: KeyObject = testKeys.privateKey,
): Buffer {
  const signed = signedPart(testManifest(system, change));
  return Buffer.concat([signed, sign(null, signed, key), system]);
}

/** In pieces of so many octets. */
export async function* inPieces(octets: Uint8Array, pieceBytes = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += pieceBytes) yield octets.subarray(at, at + pieceBytes);
}

function sha256(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}
