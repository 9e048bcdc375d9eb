/** A command that is answered with `-ERR` (RFC 1939 §3); the session goes on. */
export class Pop3Error extends Error {
  override readonly name = 'Pop3Error';
  /** Response code without its brackets (RFC 2449 §8, RFC 3206). */
  readonly code: string | undefined;
  /** The client does not speak POP3. */
  readonly senseless: boolean;

  constructor(text: string, options: { readonly code?: string; readonly senseless?: boolean } = {}) {
    super(text);
    this.code = options.code;
    this.senseless = options.senseless ?? false;
  }
}
