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

/** What compiles the schemas of routes: there are none (`panel-server.ts` puts its own in their place), so nothing loads it. */
export const leanFastify: Plugin = {
  name: 'lean-fastify',
  setup: (build) => {
    build.onResolve({ filter: /^@fastify\/(?:ajv-compiler|fast-json-stringify-compiler)$/ }, ({ path }) => ({
      path,
      namespace: 'lean-fastify',
    }));
    build.onLoad({ filter: /.*/, namespace: 'lean-fastify' }, ({ path }) => ({
      contents: `throw new Error('${path} is not part of this program');`,
      loader: 'js',
    }));
  },
};

/** As its namespace, of which the bundle takes what is used; as an object it brings the words of fifty languages. */
export function leanZod(source: string): string {
  return source.replace("import { z } from 'zod';", "import * as z from 'zod';");
}
