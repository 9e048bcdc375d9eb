import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DirectoryError } from './directory-error.ts';
import { checkNewPassword, generatePassword, hashPassword, preparePassword, verifyPassword } from './password.ts';

const cheap = { ln: 4, r: 8, p: 1 };

test('a hash tells its cost, differs each time, and takes its password only', async () => {
  const [one, two] = await Promise.all([hashPassword('correct horse', cheap), hashPassword('correct horse', cheap)]);
  assert.match(one, /^\$scrypt\$ln=4,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.notEqual(one, two);
  assert.equal(await verifyPassword('correct horse', one), true);
  assert.equal(await verifyPassword('correct horse ', one), false);
  assert.equal(await verifyPassword('', one), false);
});

test('the hash is the standard scrypt (RFC 7914 §12, third vector)', async () => {
  const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
  const hash = Buffer.from(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    'hex',
  );
  const stored = `$scrypt$ln=14,r=8,p=1$${unpadded(Buffer.from('SodiumChloride'))}$${unpadded(hash)}`;
  assert.equal(await verifyPassword('pleaseletmein', stored), true);
  assert.equal(await verifyPassword('pleaseletmeout', stored), false);
});

test('composed and decomposed letters, and other spaces, are the same password (RFC 8265 §4.2)', async () => {
  const stored = await hashPassword('Gr\u00fc\u00dfe aus M\u00fcnchen', cheap);
  assert.equal(await verifyPassword('Gru\u0308\u00dfe\u00a0aus\u2003Mu\u0308nchen', stored), true);
  assert.equal(await verifyPassword('gr\u00fc\u00dfe aus m\u00fcnchen', stored), false);
});

test('a stored hash that is none, or too dear, is never right', async () => {
  const good = await hashPassword('correct horse', cheap);
  for (const bad of ['', 'plain', good.replace('ln=4', 'ln=30'), good.replace('r=8', 'r=0'), good.slice(0, 30)])
    assert.equal(await verifyPassword('correct horse', bad), false, bad);
});

test('new passwords have a rule, said in words', () => {
  const refused = (password: string, words: RegExp): void =>
    assert.throws(
      () => checkNewPassword(password, 'alice@office.test'),
      (error) => error instanceof DirectoryError && error.kind === 'invalid' && words.test(error.message),
    );
  refused('', /too short/);
  refused('u\u0308'.repeat(7), /too short/);
  refused('x'.repeat(1025), /too long/);
  refused('secret\tword', /control/);
  refused('secret\ud800word', /Unicode/);
  refused('Alice@Office.Test', /address/);
  checkNewPassword('correct horse', 'alice@office.test');
});

test('made passwords read apart, differ, and meet the rule', () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, index) => index);
  assert.equal(
    generatePassword(() => bytes),
    '2345-6789-abcd-efgh',
  );
  const made = new Set(Array.from({ length: 200 }, () => generatePassword()));
  assert.equal(made.size, 200);
  for (const one of made) {
    assert.match(one, /^([2-9a-km-np-z]{4}-){3}[2-9a-km-np-z]{4}$/);
    checkNewPassword(one, 'alice@office.test');
  }
});

test('any password, however spelled, checks against its own hash', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (password) => {
      const stored = await hashPassword(password, cheap);
      assert.equal(await verifyPassword(preparePassword(password), stored), true);
    }),
    { numRuns: 50 },
  );
});
