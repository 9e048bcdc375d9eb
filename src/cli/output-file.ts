import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AdminError, exitCodes, type Output } from '../admin/admin-api.ts';
import type { Call } from './command.ts';

/** Writes to a file that has its name only when all is in it, or to standard output. */
export async function toOutput<T>(call: Call, out: string, make: (output: Output) => Promise<T>): Promise<T> {
  if (out === '') {
    return make(async (chunk) => {
      call.terminal.out(chunk);
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    });
  }
  const path = resolve(out);
  if (existsSync(path)) throw new AdminError(exitCodes.cannotCreate, `${out} is there already: choose another name`);
  const aside = `${path}.part`;
  const handle = await open(aside, 'w', 0o600);
  try {
    const result = await make(async (chunk) => {
      for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten;
    });
    await handle.sync();
    await handle.close();
    await rename(aside, path);
    return result;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(aside, { force: true });
    throw error;
  }
}
