import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/**
 * The layer table of ARCHITECTURE.md, held. A file imports from its own folder and from lower rows; folders on one row do
 * not know each other; the composition (`app.ts` and what stands beside it) knows all, and only `app.ts` and tests know `hw/`.
 */
const rows: readonly (readonly string[])[] = [
  ['lib'],
  ['mail', 'fax'],
  ['config'],
  ['accounts', 'store', 'modem', 'documents', 'fax-archive', 'system'],
  ['routing', 'client-setup'],
  ['queue'],
  ['agents', 'smtp', 'imap', 'pop3', 'fax-lines', 'fax-desk', 'mail-log', 'notices', 'dns-check', 'audit'],
  ['admin'],
  ['panel', 'lcd', 'cli'],
];
const top = fileURLToPath(new URL('..', import.meta.url));
const sources = globSync('{src,hw,image,buildroot,test,web}/**/*.{ts,tsx,mjs}', { cwd: top }).filter(
  (path) => !path.includes('/out/'),
);

const rowOf = (folder: string): number => rows.findIndex((row) => row.includes(folder));

function importsOf(path: string): string[] {
  const text = readFileSync(join(top, path), 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'|new URL\('(\.[^']+\.ts)'/g);
  return [...found].map((match) => relative(top, join(top, dirname(path), match[1] ?? match[2]!)));
}

test('every folder of src/ has its row in the table', () => {
  const folders = new Set(sources.filter((path) => /^src\/[^/]+\//.test(path)).map((path) => path.split('/')[1]!));
  assert.deepEqual(
    [...folders].filter((folder) => rowOf(folder) < 0),
    [],
  );
});

test('imports point to the own folder or to lower rows', () => {
  const wrong: string[] = [];
  for (const path of sources.filter((one) => one.startsWith('src/') && !one.endsWith('.test.ts'))) {
    const [, from] = path.split('/') as [string, string];
    for (const target of importsOf(path)) {
      const [root, to] = target.split('/') as [string, string];
      const composition = path.split('/').length === 2;
      const allowed =
        root === 'src'
          ? composition || to === from || rowOf(to) < rowOf(from)
          : (root === 'hw' && path === 'src/app.ts') || (target === 'package.json' && composition);
      if (!allowed) wrong.push(`${path} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the pages take types alone from the program', () => {
  const wrong: string[] = [];
  for (const path of sources.filter((one) => one.startsWith('web/'))) {
    const text = readFileSync(join(top, path), 'utf8');
    const imports = text.matchAll(/^import (type )?[^;]*?from '([^']+)'/gm);
    for (const [, type, target] of imports) {
      const outside = relative(top, join(top, dirname(path), target!)).startsWith('src/');
      if (target!.startsWith('.') && outside && type === undefined) wrong.push(`${path} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('ARCHITECTURE.md shows the same table', () => {
  const text = readFileSync(join(top, 'ARCHITECTURE.md'), 'utf8');
  const shown = [...text.matchAll(/^\| (\d) \| ([^|]+)\|/gm)].flatMap(([, row, folders]) =>
    [...folders!.matchAll(/`([a-z0-9-]+)\/`/g)].map((match) => `${row} ${match[1]}`),
  );
  const held = rows.flatMap((row, index) => row.map((folder) => `${index + 1} ${folder}`));
  assert.deepEqual(shown.toSorted(), held.toSorted());
});

test('import paths end in .ts, exports are named, nothing is limited or left for later', () => {
  const wrong: string[] = [];
  for (const path of sources) {
    const text = readFileSync(join(top, path), 'utf8');
    for (const target of importsOf(path)) if (!/\.(tsx?|mjs|json|css)$/.test(target)) wrong.push(`${path}: ${target}`);
    if (/^export default/m.test(text) && path !== 'web/vite.config.ts') wrong.push(`${path}: export default`);
    if (path.endsWith('.test.ts') && /\b(test|it|describe)\.(only|skip|todo)\(/.test(text))
      wrong.push(`${path}: only/skip`);
    if (/\b(TODO|FIXME|XXX)\b/.test(text.replaceAll(/\/\\b\(TODO.*/g, ''))) wrong.push(`${path}: unfinished mark`);
  }
  assert.deepEqual(wrong, []);
});
