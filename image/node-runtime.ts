import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

export type NodeArchitecture = 'x64' | 'arm64';

/**
 * Node for an architecture: the program of the npm package `node-linux-ARCH`, in the version that the lock file has for
 * the one that runs here, without its debugging names.
 * @param cache folder that keeps downloads
 * @returns version, licence text, and the hash of what was placed
 */
export async function bringNode(
  lockFile: string,
  architecture: NodeArchitecture,
  cache: string,
  to: string,
): Promise<{ readonly version: string; readonly licence: string; readonly sha256: string }> {
  const lock = JSON.parse(await readFile(lockFile, 'utf8')) as { packages: Record<string, { version: string }> };
  const { version } = lock.packages['node_modules/node']!;
  const folder = join(cache, `node-${architecture}-${version}`);
  const held = await readdir(folder).catch((): string[] => []);
  if (!held.includes('node')) {
    await mkdir(folder, { recursive: true });
    // npm checks the integrity of what it downloads.
    await run('npm', ['pack', '--silent', `node-linux-${architecture}@${version}`, '--pack-destination', folder]);
    const archive = join(folder, `node-linux-${architecture}-${version}.tgz`);
    await run('tar', ['-xzf', archive, '-C', folder, 'package/bin/node', 'package/LICENSE']);
    await cp(join(folder, 'package/LICENSE'), join(folder, 'LICENSE'));
    const prefix = architecture === 'arm64' && process.arch !== 'arm64' ? 'aarch64-linux-gnu-' : '';
    await run(`${prefix}strip`, ['-o', join(folder, 'node'), join(folder, 'package/bin/node')]);
  }
  await cp(join(folder, 'node'), to);
  const sha256 = createHash('sha256')
    .update(await readFile(to))
    .digest('hex');
  return { version, licence: await readFile(join(folder, 'LICENSE'), 'utf8'), sha256 };
}
