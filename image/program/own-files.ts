import { readFile } from 'node:fs/promises';
import { basename, dirname, join, posix, relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { leanZod } from './lean.ts';

/**
 * Files that the sources reach by `new URL('./x', import.meta.url)`, made to be found from the bundle too, all of whose
 * scripts lie in one folder: `./thread.ts` becomes an entry of its own and is reached as `./thread.js`; any other file is
 * copied, at its path below `src/`. The sources stay as they are.
 */
export interface OwnFiles {
  /** Sources that need an entry of their own, by its name. */
  readonly entries: Map<string, string>;
  /** Files and folders to copy, paths below `src/`. */
  readonly assets: Set<string>;
  readonly plugin: Plugin;
}

const reference = /new URL\((['"`])(\.[^'"`]+)\1, import\.meta\.url\)/g;

/** @param sources the folder `src/` */
export function ownFiles(sources: string): OwnFiles {
  const entries = new Map<string, string>();
  const assets = new Set<string>();
  const rewrite = (file: string, _quote: string, target: string): string => {
    const path = join(dirname(file), target);
    const below = relative(sources, path);
    if (below.startsWith('..')) throw new Error(`${file} reaches for ${target}, which is outside of src/`);
    if (!target.endsWith('.ts')) {
      // A name that is made when it is asked for (`./assets/${file}`): its folder is taken whole.
      assets.add(below.includes('$') ? posix.dirname(below.slice(0, below.indexOf('$') + 1)) : below);
      return `new URL(\`./${below}\`, import.meta.url)`;
    }
    const name = basename(path, '.ts');
    const other = entries.get(name);
    if (other !== undefined && other !== path) throw new Error(`${other} and ${path} would both be ${name}.js`);
    entries.set(name, path);
    return `new URL('./${name}.js', import.meta.url)`;
  };
  return {
    entries,
    assets,
    plugin: {
      name: 'own-files',
      setup: (build) => {
        build.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path }) => {
          const text = leanZod(await readFile(path, 'utf8'));
          const contents = text.replace(reference, (_whole, quote, target) => rewrite(path, quote, target));
          const left = contents.replace(/new URL\([^()]*, import\.meta\.url\)/g, '');
          if (/import\.meta\.(url|dirname|filename)/.test(left)) {
            throw new Error(`${path}: only new URL('./file', import.meta.url) can be bundled`);
          }
          return { contents, loader: 'ts' };
        });
      },
    },
  };
}
