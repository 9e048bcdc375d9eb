/** Why nothing was installed or found, in a sentence for people. */
export class UpdateError extends Error {
  override readonly name = 'UpdateError';
  /** `refused`: the update may not be installed here. `unavailable`: there is none, or not now. */
  readonly kind: 'refused' | 'unavailable';
  constructor(kind: UpdateError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
