import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeDurable } from '../../lib/durable.ts';

/** What makes this machine itself and no other; made at the first start, kept for its life. */
export interface Identity {
  /** 128 random bits, 32 hexadecimal digits. */
  readonly machineId: string;
  /** Name in the local network, `caselli-1a2b`. */
  readonly hostName: string;
}

/** @param folder `identity` of the data folder */
export async function openIdentity(folder: string, random: (count: number) => Uint8Array): Promise<Identity> {
  await makeFolder(folder);
  const file = join(folder, 'machine-id');
  const kept = (await readFile(file, 'utf8').catch(none)).trim();
  if (/^[0-9a-f]{32}$/.test(kept)) return named(kept);
  const made = Buffer.from(random(16)).toString('hex');
  await writeDurable(file, `${made}\n`);
  return named(made);
}

function named(machineId: string): Identity {
  return { machineId, hostName: `caselli-${machineId.slice(0, 4)}` };
}

function none(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}
