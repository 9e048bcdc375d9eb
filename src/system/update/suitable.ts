import type { Manifest } from './bundle-format.ts';
import { compareVersions, isVersion } from './version.ts';

/** What an update is to be installed on. */
export interface InstalledSystem {
  readonly board: string;
  readonly version: string;
}

/**
 * Whether an update may be installed here.
 * @param slotBytes room of a slot; undefined when it is not known yet
 * @returns why not, in a sentence for people; undefined when it may
 */
export function unsuitable(
  { board, version, minimumVersion, sizeBytes }: Pick<Manifest, 'board' | 'version' | 'minimumVersion' | 'sizeBytes'>,
  here: InstalledSystem,
  options: { readonly allowDowngrade: boolean; readonly slotBytes?: number },
): string | undefined {
  if (board !== here.board) return `This update is for the board ${board}, and this box is a ${here.board}.`;
  if (options.slotBytes !== undefined && sizeBytes > options.slotBytes)
    return `This update of ${sizeBytes} bytes does not fit this box, which has room for ${options.slotBytes}.`;
  // A box whose own version cannot be read has nothing to lose.
  if (!isVersion(here.version)) return undefined;
  if (compareVersions(minimumVersion, here.version) > 0)
    return `This update needs version ${minimumVersion} or newer to be installed first; ${here.version} is running.`;
  if (options.allowDowngrade) return undefined;
  const order = compareVersions(version, here.version);
  if (order === 0) return `Version ${version} is running already.`;
  return order < 0 ? `Version ${version} is older than ${here.version}, which is running.` : undefined;
}
