// A package that registers its classes by metadata can be asked only where that exists; our source loads it before, too.
import 'reflect-metadata';
import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * `await import('package')` for packages of the older kind (CommonJS): Node gives their exports by name, esbuild only as
 * `default`. So the package is asked here which names Node gives, and each of them is passed on.
 * @param top folder whose packages are meant
 */
export function latePackages(top: string): Plugin {
  return {
    name: 'late-packages',
    setup: (build) => {
      build.onResolve({ filter: /^[@a-z]/ }, ({ kind, path, importer }) =>
        kind === 'dynamic-import' && importer.endsWith('.ts') && !isBuiltin(path)
          ? { path, namespace: 'late-package' }
          : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: 'late-package' }, async ({ path }) => {
        const exported: object = await import(path);
        const names = Object.keys(exported).filter((name) => /^[\w$]+$/.test(name));
        return { contents: `export { ${names.join(', ')} } from '${path}';`, resolveDir: top };
      });
    },
  };
}
