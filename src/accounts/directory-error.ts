/** A change that the directory refuses: `message` is a sentence for people, `kind` is for programs. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly kind: 'exists' | 'missing' | 'invalid';
  constructor(kind: 'exists' | 'missing' | 'invalid', message: string) {
    super(message);
    this.kind = kind;
  }
}
