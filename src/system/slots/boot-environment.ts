import { join } from 'node:path';
import { writeDurable } from '../../lib/durable.ts';
import { type BootState, bootStateOf, freshBootState, variablesOf } from './boot-state.ts';
import { formatGrubenv, grubenvBytes, parseGrubenv } from './grubenv.ts';
import type { OpenRaw, RawFile } from './raw-file.ts';

/**
 * The boot state on the boot partition, twice: GRUB uses `grubenv` and, when that is damaged, `grubenv.spare`. They are
 * written one after the other, in place and each synced, so that one of them is whole at any instant.
 */
const names = ['grubenv', 'grubenv.spare'] as const;

export interface BootEnvironment {
  readonly state: BootState;
  /** The first of the two cannot be read: GRUB uses the spare one, or its defaults. */
  readonly damaged: boolean;
}

/** @param esp folder at which the boot partition is mounted */
export async function readBootEnvironment(esp: string, open: OpenRaw): Promise<BootEnvironment> {
  for (const name of names) {
    const variables = await readVariables(join(esp, 'grub', name), open);
    if (variables) return { state: bootStateOf(variables), damaged: name !== names[0] };
  }
  return { state: freshBootState, damaged: true };
}

/** On stable storage when it resolves. */
export async function writeBootEnvironment(esp: string, open: OpenRaw, state: BootState): Promise<void> {
  const block = formatGrubenv(variablesOf(state));
  for (const name of names) await writeInPlace(join(esp, 'grub', name), open, block);
}

/** In place, since GRUB knows where the sectors are and a new file could be lost with the folder of a FAT. */
async function writeInPlace(path: string, open: OpenRaw, block: Uint8Array): Promise<void> {
  const file = await opened(path, open);
  if (file?.sizeBytes !== grubenvBytes) {
    await file?.close();
    await writeDurable(path, block);
    return;
  }
  try {
    await file.write(0, block);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readVariables(path: string, open: OpenRaw): Promise<ReadonlyMap<string, string> | undefined> {
  const file = await opened(path, open);
  if (!file) return undefined;
  try {
    return parseGrubenv(await file.read(0, Math.min(file.sizeBytes, grubenvBytes)));
  } catch {
    return undefined; // sectors that cannot be read are as good as none
  } finally {
    await file.close();
  }
}

async function opened(path: string, open: OpenRaw): Promise<RawFile | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
