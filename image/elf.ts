import { open } from 'node:fs/promises';
import { run } from './run.ts';

export interface ElfFile {
  readonly path: string;
  /** Its name for others, of a shared library. */
  readonly soname: string;
  /** Shared libraries that it asks for. */
  readonly needed: readonly string[];
}

/** Whether a file is a program or shared library (ELF). */
export async function isElf(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.equals(Buffer.from('\x7fELF', 'latin1'));
  } finally {
    await file.close();
  }
}

/** What each file asks for, of any architecture. */
export async function readElf(paths: readonly string[]): Promise<ElfFile[]> {
  if (paths.length === 0) return [];
  const found: ElfFile[] = [];
  for (let at = 0; at < paths.length; at += 200) {
    const some = paths.slice(at, at + 200);
    const printed = await run('readelf', ['-dW', ...some]);
    const parts = some.length === 1 ? [printed] : printed.split(/^File: /m).slice(1);
    for (const [index, part] of parts.entries()) {
      const path = some.length === 1 ? some[0]! : part.slice(0, part.indexOf('\n')).trim();
      found.push({
        path: some.includes(path) ? path : some[index]!,
        soname: /\(SONAME\).*\[([^\]]+)\]/.exec(part)?.[1] ?? '',
        needed: [...part.matchAll(/\(NEEDED\).*\[([^\]]+)\]/g)].map(([, name]) => name!),
      });
    }
  }
  return found;
}

/**
 * Which libraries something needs, beginning with the files that are wanted for themselves.
 * @returns the libraries' files that are needed, and the names that nobody has
 */
export function neededLibraries(
  wanted: readonly ElfFile[],
  libraries: readonly ElfFile[],
): { readonly needed: ReadonlySet<string>; readonly missing: ReadonlySet<string> } {
  const byName = new Map<string, ElfFile>();
  for (const library of libraries) {
    byName.set(library.path.slice(library.path.lastIndexOf('/') + 1), library);
    if (library.soname) byName.set(library.soname, library);
  }
  const needed = new Set<string>();
  const missing = new Set<string>();
  const open: ElfFile[] = [...wanted];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    for (const name of one.needed) {
      const library = byName.get(name);
      if (!library) missing.add(name);
      else if (!needed.has(library.path)) {
        needed.add(library.path);
        open.push(library);
      }
    }
  }
  return { needed, missing };
}
