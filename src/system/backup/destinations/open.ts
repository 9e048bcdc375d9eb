import type { Privileged } from '../../privileged/operations.ts';
import type { BackupSettings, Destination, DestinationKind } from './destination.ts';
import { withS3 } from './s3.ts';
import { withSftp } from './sftp.ts';
import { withUsb } from './usb.ts';

/** Opens a destination for some work, and closes it after. @throws BackupError, or PrivilegedError where this is no box */
export type WithDestination = <T>(
  kind: DestinationKind,
  settings: BackupSettings,
  use: (destination: Destination) => Promise<T>,
) => Promise<T>;

export function destinations(privileged: Privileged): WithDestination {
  return (kind, settings, use) => {
    if (kind === 'usb') return withUsb(settings.usb, privileged, use);
    return kind === 'sftp' ? withSftp(settings.sftp, use) : withS3(settings.s3, use);
  };
}
