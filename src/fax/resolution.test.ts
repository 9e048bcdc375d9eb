import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inResolution } from './resolution.ts';
import { fromRuns, pels } from './test-rasters.ts';

describe('resolution', () => {
  const fine = fromRuns(40, [[5, 5], [], [], [10, 3], [2, 1]]);

  it('joins pairs of lines and keeps rules of one line', () => {
    const normal = inResolution(fine, 'normal');
    assert.deepEqual([normal.heightPx, normal.resolution], [3, 'normal']);
    assert.ok(
      pels(normal).equals(
        pels(
          fromRuns(40, [
            [5, 5],
            [10, 3],
            [2, 1],
          ]),
        ),
      ),
    );
  });

  it('doubles lines', () => {
    const normal = inResolution(fine, 'normal');
    const twice = inResolution(normal, 'fine');
    assert.deepEqual([twice.heightPx, twice.resolution], [6, 'fine']);
    assert.ok(pels(inResolution(twice, 'normal')).equals(pels(normal)));
    assert.equal(inResolution(fine, 'fine'), fine);
  });
});
