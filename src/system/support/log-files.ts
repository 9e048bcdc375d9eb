import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupportFile } from './bundle.ts';

/** The newest log files of a folder, so many bytes of them in all; of the oldest of these the end. */
export async function newestLogs(folder: string, limitBytes: number): Promise<readonly SupportFile[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => ({ name, stats: await stat(join(folder, name)).catch(() => undefined) })),
  );
  const files: SupportFile[] = [];
  let left = limitBytes;
  const byAge = found.flatMap(({ name, stats }) =>
    stats?.isFile() ? [{ name, size: stats.size, at: stats.mtimeMs }] : [],
  );
  for (const { name, size } of byAge.toSorted((a, b) => b.at - a.at)) {
    if (left <= 0) break;
    const length = Math.min(size, left);
    files.push({ name: `log/${name}`, content: () => endOf(join(folder, name), length) });
    left -= length;
  }
  return files;
}

async function endOf(path: string, length: number): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, Math.max(size - length, 0));
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
