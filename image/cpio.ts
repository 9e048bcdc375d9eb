import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { walk } from './tree.ts';

/** File types of stat(2), as the archive keeps them. */
const kinds = { folder: 0o040000, file: 0o100000, link: 0o120000 } as const;

/**
 * A folder as an archive of the form that the kernel unpacks ("newc": Documentation/driver-api/early-userspace). Owner
 * is root, times are 0, so that the same folder gives the same bytes.
 */
export async function cpio(folder: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let inode = 1;
  const entry = (name: string, mode: number, content: Uint8Array): void => {
    const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
    const header = `070701${numbers.map((one) => one.toString(16).toUpperCase().padStart(8, '0')).join('')}${name}\0`;
    inode += 1;
    for (const part of [Buffer.from(header, 'latin1'), content])
      parts.push(Buffer.from(part), Buffer.alloc(-part.length & 3));
  };
  for await (const path of walk(folder)) {
    const file = join(folder, path);
    const stat = await lstat(file);
    if (stat.isDirectory()) entry(path, kinds.folder | 0o755, Buffer.alloc(0));
    else if (stat.isSymbolicLink()) entry(path, kinds.link | 0o777, Buffer.from(await readlink(file)));
    else entry(path, kinds.file | (stat.mode & 0o755), await readFile(file));
  }
  entry('TRAILER!!!', 0, Buffer.alloc(0));
  return Buffer.concat(parts);
}
