import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder, syncFolder, writeDurable } from '../../lib/durable.ts';
import { BackupError } from './backup-error.ts';

/**
 * How restored data takes the place of what is there. Everything happens below `restore/` of the data folder:
 *
 * | state | files | moved on by | a crash leaves | next start |
 * |---|---|---|---|---|
 * | coming | `restore/incoming-ID/`, being filled and checked | plan written, all synced, rename to `ready` | part of a copy | removes it: the old state |
 * | ready | `restore/ready/plan.json`, `restore/ready/data/…` (commit point) | the next opening of the data: rename to `swapping` | the same | swaps |
 * | swapping | some parts in their place, the former ones in `restore/former/` | rename, part by part | the same | goes on where it was |
 * | swapped | `swapping/data` empty | rename to `done`, sync | the same, or `done` | removes `done` |
 * | former | `restore/former/` | removed when the box came up | the same | removes it when the box came up |
 *
 * The data is opened by nobody before `takeReady` has come to its end, so nobody ever sees half of it.
 */

const planSchema = z.object({
  /** Parts that are replaced; those not `present` are taken away. */
  parts: z.array(z.object({ path: z.string().regex(/^[^/\0]{1,255}$/), present: z.boolean() })),
  /** For whoever comes up on it: what was restored and how. */
  note: z.object({ from: z.string(), at: z.string(), held: z.int() }),
});

export type Plan = z.output<typeof planSchema>;

/** What a swap does to the disk: one parameter, so that tests can crash between two steps. */
export interface SwapFiles {
  rename(from: string, to: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export const swapFiles: SwapFiles = {
  rename,
  syncFolder,
  remove: (path) => rm(path, { recursive: true, force: true, maxRetries: 3 }),
};

export function restorePlaces(data: string) {
  const restore = join(data, 'restore');
  return {
    restore,
    ready: join(restore, 'ready'),
    swapping: join(restore, 'swapping'),
    former: join(restore, 'former'),
    done: join(restore, 'done'),
    incoming: (id: string) => join(restore, `incoming-${id}`),
  } as const;
}

/** What a plan says of these parts. What SQLite keeps beside a database must not outlive it: it would be taken for the new one's. */
export function plannedParts(
  parts: readonly { readonly path: string; readonly present: boolean }[],
  isDatabase: (path: string) => boolean,
): Plan['parts'] {
  return parts.flatMap(({ path, present }) => {
    const beside = isDatabase(path) ? ['-wal', '-shm', '-journal'] : [];
    return [{ path, present }, ...beside.map((end) => ({ path: `${path}${end}`, present: false }))];
  });
}

/** Makes checked data the one that the next start takes. `incoming/data` holds it, synced. A former choice is replaced. */
export async function makeReady(data: string, incoming: string, plan: Plan, files = swapFiles): Promise<void> {
  const { restore, ready } = restorePlaces(data);
  await writeDurable(join(incoming, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  if (await isThere(ready)) await dropReady(data, files);
  await files.rename(incoming, ready);
  await files.syncFolder(restore);
}

/** Takes back what was made ready and is not in its place yet. */
export async function dropReady(data: string, files = swapFiles): Promise<void> {
  const { restore, ready, done } = restorePlaces(data);
  await files.remove(done);
  await files.rename(ready, done);
  await files.syncFolder(restore);
  await files.remove(done);
}

/**
 * To be called before anything of the data is opened, by whoever holds its lock. Swaps what is ready, or goes on with a
 * swap that was interrupted.
 * @returns what was restored, when something was.
 */
export async function takeReady(data: string, files = swapFiles): Promise<Plan | undefined> {
  const { restore, ready, swapping, former, done } = restorePlaces(data);
  await files.remove(done);
  if (!(await isThere(swapping))) {
    if (!(await isThere(ready))) return undefined;
    await readPlan(join(ready, 'plan.json'));
    await files.remove(former);
    await files.rename(ready, swapping);
    await files.syncFolder(restore);
  }
  const plan = await readPlan(join(swapping, 'plan.json'));
  await makeFolder(former);
  for (const { path, present } of plan.parts) {
    const [now, before, next] = [join(data, path), join(former, path), join(swapping, 'data', path)];
    // Where the new one is in its place already, what stands there is not the former one.
    const away = !present || (await isThere(next));
    if (away && (await isThere(now)) && !(await isThere(before))) {
      await files.rename(now, before);
      await files.syncFolder(former);
      await files.syncFolder(data);
    }
    if (present && (await isThere(next))) {
      await files.rename(next, now);
      await files.syncFolder(data);
      await files.syncFolder(join(swapping, 'data'));
    }
  }
  await files.rename(swapping, done);
  await files.syncFolder(restore);
  await files.remove(done);
  return plan;
}

/** Removes what a restore left: unfinished ones, and the former data once a box came up on the new. */
export async function tidyRestore(
  data: string,
  { isUp }: { readonly isUp: boolean },
  files = swapFiles,
): Promise<void> {
  const { restore, former } = restorePlaces(data);
  await mkdir(restore, { recursive: true });
  for (const name of await readdir(restore)) {
    if (name.startsWith('incoming-')) await files.remove(join(restore, name));
  }
  if (isUp) await files.remove(former);
}

async function readPlan(path: string): Promise<Plan> {
  const reading = planSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (reading.success) return reading.data;
  throw new BackupError('damaged', `${path} cannot be read; remove the folder restore/ready to give the restore up.`);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
