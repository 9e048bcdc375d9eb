import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { BackupError } from './backup-error.ts';
import { opened, sealed } from './seal.ts';

const passphrase = 'correct horse — battery';

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Uint8Array, length = 50_000): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const seal = (bytes: Uint8Array) => bytesOf(sealed(inChunks(bytes), passphrase));
const unseal = (bytes: Uint8Array, phrase = passphrase) => bytesOf(opened(inChunks(bytes), phrase));

async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'caselli-seal-'));
  context.after(() => rm(made, { recursive: true }));
  return made;
}

/** age asks for passphrases on the terminal only: Python gives it one. */
const onTerminal = `
import os, pty, sys
phrase = sys.argv[1].encode() + b"\\n"
pid, terminal = pty.fork()
if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])
heard = b""
while True:
    try: said = os.read(terminal, 1000)
    except OSError: break
    if not said: break
    heard += said
    for question in (b"Enter passphrase", b"Confirm passphrase"):
        if question in heard and b": " in heard.split(question)[-1]:
            heard = heard.replace(question, b"")
            os.write(terminal, phrase)
sys.stdout.buffer.write(heard)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

function age(...words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', onTerminal, passphrase, 'age', ...words]);
  assert.equal(status, 0, `age ${words.join(' ')}: ${stdout}${stderr}`);
}

test('age opens what is sealed here, and the other way', async (context) => {
  const place = await folder(context);
  for (const size of [1, 65_536, 65_537, 300_000]) {
    const plain = randomBytes(size);
    await writeFile(join(place, 'ours'), await seal(plain));
    age('--decrypt', '--output', join(place, `plain-${size}`), join(place, 'ours'));
    assert.deepEqual(await readFile(join(place, `plain-${size}`)), plain);
    await writeFile(join(place, 'plain'), plain);
    age('--passphrase', '--output', join(place, `theirs-${size}`), join(place, 'plain'));
    assert.deepEqual(await unseal(await readFile(join(place, `theirs-${size}`))), plain);
  }
});

test('another passphrase opens nothing', async () => {
  const sealedBytes = await seal(Buffer.from('secret'));
  await assert.rejects(unseal(sealedBytes, 'wrong'), { name: 'BackupError', kind: 'passphrase' });
});

test('what is no age file, or not one with a passphrase, is foreign', async () => {
  const header = 'age-encryption.org/v1\n-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\n';
  for (const bytes of ['', 'PK\x03\x04', 'x'.repeat(100_000), header]) {
    await assert.rejects(unseal(Buffer.from(bytes)), { kind: 'foreign' });
  }
  const greedy = (await seal(Buffer.from('x'))).toString('latin1').replace(/(-> scrypt \S+) 16/, '$1 22');
  await assert.rejects(unseal(Buffer.from(greedy, 'latin1')), { kind: 'foreign', message: /memory/ });
});

test('cut off or changed anywhere, it says so and never gives other bytes', async () => {
  const plain = randomBytes(150_000);
  const whole = await seal(plain);
  const tried = async (bytes: Uint8Array): Promise<void> => {
    const given: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of opened(inChunks(bytes), passphrase)) given.push(chunk);
    })();
    await assert.rejects(reading, BackupError);
    const got = Buffer.concat(given);
    assert.deepEqual(got, plain.subarray(0, got.length));
  };
  const place = fc.nat({ max: whole.length - 1 });
  await fc.assert(
    fc.asyncProperty(place, (at) => tried(whole.subarray(0, at))),
    { numRuns: 15 },
  );
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const other = Buffer.from(whole);
      other[at]! ^= change;
      await tried(other);
    }),
    { numRuns: 15 },
  );
});

test('an error of the source is told as it is', async () => {
  const whole = await seal(randomBytes(200_000));
  const broken = async function* () {
    yield whole.subarray(0, 100_000);
    throw new Error('the stick was pulled out');
  };
  await assert.rejects(bytesOf(opened(broken(), passphrase)), /pulled out/);
  await assert.rejects(bytesOf(sealed(broken(), passphrase)), /pulled out/);
});
