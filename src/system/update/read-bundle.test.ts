import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeBundle } from '../../../image/bundle.ts';
import { BundleError, blockBytes, firstLine, manifestLimit } from './bundle-format.ts';
import { readUpdateKeys } from './bundle-keys.ts';
import { readBundle, readSignedBundle } from './read-bundle.ts';
import { inPieces, testBundle, testKeys, testManifest, testSystem, trusted } from './test-bundle.ts';

const system = testSystem(2 * blockBytes + 5000, 1);
const good = testBundle(system);

async function contentOf(source: AsyncIterable<Uint8Array>, keys = trusted): Promise<Buffer> {
  const bundle = await readSignedBundle(source, keys);
  const blocks: Uint8Array[] = [];
  for await (const block of bundle.blocks()) blocks.push(block);
  return Buffer.concat(blocks);
}

const kindOf = (kind: BundleError['kind']) => (error: unknown) => {
  assert.ok(error instanceof BundleError, String(error));
  assert.equal(error.kind, kind, error.message);
  return true;
};

test('a good bundle gives its manifest, then the system, however it is cut into pieces', async () => {
  const bundle = await readSignedBundle(inPieces(good, 777), trusted);
  assert.deepEqual(bundle.manifest, testManifest(system));
  assert.equal(bundle.signer, 'test');
  assert.deepEqual(Buffer.from(bundle.head), good.subarray(0, good.length - system.length));
  for (const pieceBytes of [1000, 65_536, good.length])
    assert.ok((await contentOf(inPieces(good, pieceBytes))).equals(system));
});

test('the system as it comes is counted', async () => {
  const octetsOf = async (octets: Uint8Array): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of (await readBundle(inPieces(octets), trusted)).octets()) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  assert.ok((await octetsOf(good)).equals(system));
  await assert.rejects(octetsOf(good.subarray(0, -1)), kindOf('damaged'));
  await assert.rejects(octetsOf(Buffer.concat([good, good])), kindOf('damaged'));
});

test('makeBundle: the same octets each time, signed with the key of a PEM file, which a box reads', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-bundle-'));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'squashfs'), system);
  await writeFile(join(folder, 'release-1.pem'), testKeys.publicKey.export({ type: 'spki', format: 'pem' }));
  const parts = {
    squashfs: join(folder, 'squashfs'),
    board: 'qemu-x86_64',
    version: '1.4.0',
    builtAt: '2026-01-02T03:04:05.000Z',
    key: testKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  const manifest = await makeBundle({ ...parts, out: join(folder, 'one.cas') });
  await makeBundle({ ...parts, out: join(folder, 'two.cas') });
  const made = await readFile(join(folder, 'one.cas'));
  assert.ok(made.equals(await readFile(join(folder, 'two.cas'))));
  const bundle = await readBundle(inPieces(made), await readUpdateKeys(folder));
  assert.deepEqual([bundle.signer, bundle.manifest], ['release-1', manifest]);
  assert.ok((await contentOf(inPieces(made))).equals(system));
  assert.deepEqual(await readUpdateKeys(join(folder, 'none')), []);
  await assert.rejects(makeBundle({ ...parts, version: 'new', out: join(folder, 'three.cas') }));
});

test('what is not signed by a key of ours is refused, and can be looked at', async () => {
  const stranger = generateKeyPairSync('ed25519');
  const other = testBundle(system, {}, stranger.privateKey);
  await assert.rejects(contentOf(inPieces(other)), kindOf('signature'));
  await assert.rejects(contentOf(inPieces(good), []), kindOf('signature'));
  const bundle = await readBundle(inPieces(other), trusted);
  assert.deepEqual([bundle.signer, bundle.manifest.version], [undefined, '1.4.0']);
});

test('what is no bundle, or one of the future, is said to be that', async () => {
  for (const wrong of [
    '',
    '\n',
    'hello',
    'caselli-update 1\n',
    `caselli-update 1 ${'9'.repeat(20)}\n`,
    'x'.repeat(100_000),
  ])
    await assert.rejects(contentOf(inPieces(Buffer.from(wrong))), kindOf('no-bundle'));
  await assert.rejects(contentOf(inPieces(Buffer.from('caselli-update 2 10\n'))), /newer form/);
  await assert.rejects(contentOf(inPieces(firstLine(manifestLimit + 1))), kindOf('damaged'));
  const json = Buffer.from(JSON.stringify({ ...testManifest(system), product: 'other' }));
  const signed = Buffer.concat([firstLine(json.length), json]);
  const future = Buffer.concat([signed, sign(null, signed, testKeys.privateKey), system]);
  await assert.rejects(contentOf(inPieces(future)), kindOf('no-bundle'));
});

test('manifests that do not hold together are refused', async () => {
  const { blocks, ...rest } = testManifest(system);
  for (const manifest of [
    { ...rest, blocks: blocks.slice(1) },
    { ...rest, blocks, sizeBytes: 0 },
    { ...rest, blocks: 3 },
  ]) {
    const json = Buffer.from(JSON.stringify(manifest));
    const signed = Buffer.concat([firstLine(json.length), json]);
    await assert.rejects(
      contentOf(inPieces(Buffer.concat([signed, sign(null, signed, testKeys.privateKey)]))),
      BundleError,
    );
  }
});

test('every truncation is found, and more than was signed', async () => {
  const at = fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: good.length - 1 }));
  const property = fc.asyncProperty(at, async (length) => {
    await assert.rejects(contentOf(inPieces(good.subarray(0, length))), BundleError);
  });
  await fc.assert(property, { numRuns: 150 });
  await assert.rejects(contentOf(inPieces(Buffer.concat([good, Buffer.from('x')]))), kindOf('damaged'));
});

test('every changed bit is found, before a wrong block is handed out', async () => {
  const head = good.length - system.length;
  const at = fc.oneof(fc.integer({ min: 0, max: head - 1 }), fc.integer({ min: head, max: good.length - 1 }));
  const property = fc.asyncProperty(at, fc.integer({ min: 0, max: 7 }), async (octet, bit) => {
    const changed = Buffer.from(good);
    changed[octet]! ^= 1 << bit;
    let handedOut = 0;
    const read = async (): Promise<void> => {
      const bundle = await readSignedBundle(inPieces(changed), trusted);
      for await (const block of bundle.blocks()) {
        assert.ok(system.subarray(handedOut, handedOut + block.length).equals(block));
        handedOut += block.length;
      }
    };
    await assert.rejects(read(), BundleError);
    assert.ok(handedOut < system.length);
  });
  await fc.assert(property, { numRuns: 200 });
});

test('octets of chance are no bundle, and take no memory', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (octets, begun) => {
    const source = begun ? Buffer.concat([Buffer.from('caselli-update 1 600000\n'), octets]) : octets;
    await assert.rejects(contentOf(inPieces(source, 100)), BundleError);
  });
  await fc.assert(property, { numRuns: 200 });
});
