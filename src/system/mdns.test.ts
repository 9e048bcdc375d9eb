import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LocalNameHeard } from '../../test/support/local-name-box.ts';

/** Why there can be no network with a name to tell in. */
const confined =
  spawnSync('unshare', ['-rn', 'ip', 'link', 'add', 'office', 'type', 'bridge']).status !== 0 &&
  'no network namespaces on this machine';

test('the name is told once, and found, also when the address comes late', { skip: confined }, () => {
  const box = fileURLToPath(new URL('../../test/support/local-name-box.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync('unshare', ['-rn', process.execPath, box], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(status, 0, stderr);
  const heard = JSON.parse(stdout) as LocalNameHeard;
  // RFC 6762 §8.1: three, and then it is ours.
  assert.deepEqual(heard, { address: '192.0.2.7', probes: 3, faults: [] });
});
