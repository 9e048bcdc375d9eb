/** A backup or restore that cannot be done; the message is for people and says what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  /**
   * `passphrase`: it is not the one of this file. `damaged`: cut off or changed. `foreign`: no backup of a box.
   * `newer`: of a newer program. `space`: there is no room. `busy`: another backup or restore runs. `settings`: something
   * must be set first. `destination`: where it should go does not take it. `source`: the data could not be read.
   */
  readonly kind: BackupErrorKind;
  constructor(kind: BackupErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export type BackupErrorKind =
  | 'passphrase'
  | 'damaged'
  | 'foreign'
  | 'newer'
  | 'space'
  | 'busy'
  | 'settings'
  | 'destination'
  | 'source';

/** What went wrong in one sentence, whatever was thrown. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'The disk is full.';
  return message || String(error);
}
