import { statfs } from 'node:fs/promises';
import { availableParallelism, loadavg, uptime } from 'node:os';

/** How the machine is: for the panel, metrics, LCD and `caselli doctor`. */
export interface Health {
  readonly disk: Space;
  /** Octets. */
  readonly memory: { readonly total: number; readonly available: number; readonly ours: number };
  /** Mean number of programs that want to run, over 1, 5 and 15 minutes. */
  readonly load: readonly [number, number, number];
  readonly cores: number;
  /** Degrees Celsius of the processor; undefined where there is no sensor. */
  readonly temperature: number | undefined;
  readonly uptimeMs: { readonly machine: number; readonly program: number };
}

/** Of a file system, in octets. */
export interface Space {
  /** What a program that is not root may still write. */
  readonly free: number;
  readonly total: number;
}

/** @throws Error when there is no such path. */
export async function freeSpace(path: string): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize };
}

/** @param data a path on the file system that the mail is on. */
export async function readHealth(data: string): Promise<Health> {
  // Loaded late: it is large, and asked for seldom.
  const information = await import('systeminformation');
  const [disk, memory, { main }] = await Promise.all([
    freeSpace(data),
    information.mem(),
    information.cpuTemperature(),
  ]);
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  return {
    disk,
    memory: { total: memory.total, available: memory.available, ours: process.memoryUsage.rss() },
    load: [one, five, fifteen],
    cores: availableParallelism(),
    temperature: typeof main === 'number' && main > 0 ? main : undefined,
    uptimeMs: { machine: uptime() * 1000, program: process.uptime() * 1000 },
  };
}
