/** Something cannot be done at the desk; `message` is a sentence for the person who asked. */
export class DeskError extends Error {
  override readonly name = 'DeskError';
  readonly kind: 'missing' | 'invalid' | 'later';
  constructor(kind: DeskError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}
