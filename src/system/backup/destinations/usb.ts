import { join } from 'node:path';
import type { OperationResult, Privileged } from '../../privileged/operations.ts';
import { BackupError } from '../backup-error.ts';
import type { BackupSettings, Destination } from './destination.ts';
import { folderDestination } from './folder.ts';

type Partition = OperationResult<'storage.list'>['partitions'][number];

/** Mounts the stick of the settings, and unmounts it whatever happens: it may be pulled out then. */
export async function withUsb<T>(
  settings: BackupSettings['usb'],
  privileged: Privileged,
  use: (destination: Destination) => Promise<T>,
): Promise<T> {
  const { partitions } = await privileged.run('storage.list', {});
  const { name, label } = chooseStick(partitions, settings.label);
  const { folder } = await privileged.run('storage.mount', { name, writable: true });
  try {
    return await use(folderDestination(join(folder, settings.folder), `The USB stick ${label || name}`));
  } finally {
    await privileged.run('storage.unmount', { name });
  }
}

/** @throws BackupError when there is none, or more than one that it could be. */
export function chooseStick(partitions: readonly Partition[], label: string): Partition {
  const usable = partitions.filter(({ fileSystem }) => fileSystem !== '');
  const wanted = label === '' ? usable : usable.filter((one) => one.label === label);
  const [only, ...others] = wanted;
  if (only && others.length === 0) return only;
  if (only) {
    const names = wanted.map((one) => one.label || one.name).join(', ');
    throw new BackupError(
      'destination',
      `There is more than one USB stick (${names}): pull out the others, or say which with system.backup.usb.label.`,
    );
  }
  if (label !== '') throw new BackupError('destination', `The USB stick "${label}" is not plugged in.`);
  const advice = partitions.length > 0 ? 'The USB stick has no file system: format it first.' : 'Plug in a USB stick.';
  throw new BackupError('destination', advice);
}
