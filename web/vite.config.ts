import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// biome-ignore lint/style/noDefaultExport: Vite asks for it.
export default defineConfig({
  root: here('.'),
  publicDir: here('public'),
  // No script in the page itself: the content policy forbids it.
  build: { outDir: here('../src/panel/site'), emptyOutDir: true, modulePreload: { polyfill: false }, target: 'es2022' },
  // `npx vite web` beside a box that runs on this machine.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } } },
  clearScreen: false,
  logLevel: 'warn',
});
