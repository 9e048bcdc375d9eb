import type { Plugin } from 'esbuild';

/**
 * Node fills every name of a module of its own when scripts import it, and names of `node:http` load the whole of its
 * `fetch`, which takes longer than anything else at the start. By `require` only the names that are used are asked for.
 */
export const leanHttp: Plugin = {
  name: 'lean-http',
  setup: (build) => {
    build.onResolve({ filter: /^(?:node:)?https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'lean-http' } : { path, external: true },
    );
    build.onLoad({ filter: /.*/, namespace: 'lean-http' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
      loader: 'js',
    }));
  },
};

/** As its namespace, of which the bundle takes what is used; as an object it brings the words of fifty languages. */
export function leanZod(source: string): string {
  return source.replace("import { z } from 'zod';", "import * as z from 'zod';");
}
