import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareVersions, isNewer, isVersion } from './version.ts';

test('versions are in the order of Semantic Versioning, section 11', () => {
  const order = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11'];
  const all = [...order, '1.0.0-rc.1', '1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0-1', '2.0.0'];
  for (const [at, version] of all.entries()) {
    for (const [otherAt, other] of all.entries())
      assert.equal(Math.sign(compareVersions(version, other)), Math.sign(at - otherAt), `${version} ${other}`);
  }
  assert.equal(compareVersions('1.0.0+a', '1.0.0+b'), 0);
  assert.equal(isNewer('1.0.0', '1.0.0'), false);
});

test('the order is one', () => {
  const number = fc.integer({ min: 0, max: 3 }).map(String);
  const word = fc.oneof(number, fc.constantFrom('a', 'b', 'rc-1'));
  const version = fc
    .tuple(fc.tuple(number, number, number), fc.array(word, { maxLength: 3 }))
    .map(([numbers, words]) => numbers.join('.') + (words.length > 0 ? `-${words.join('.')}` : ''));
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
    }),
  );
});

test('what is no version is refused', () => {
  for (const wrong of ['', '1', '1.2', 'v1.2.3', '1.2.3-', '1.2.3 ', '1.2.3\n', `1.2.3-${'a'.repeat(100)}`]) {
    assert.equal(isVersion(wrong), false, wrong);
    assert.throws(() => compareVersions(wrong, '1.0.0'), RangeError);
  }
});
