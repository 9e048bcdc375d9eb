/**
 * A command that is answered with NO or BAD (RFC 9051 §7.1); the session goes on.
 */
export class ImapError extends Error {
  override readonly name = 'ImapError';
  readonly status: 'NO' | 'BAD';
  /** Response code without its brackets (RFC 5530). */
  readonly code: string | undefined;

  constructor(status: 'NO' | 'BAD', text: string, code?: string) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

export function bad(text: string, code?: string): ImapError {
  return new ImapError('BAD', text, code);
}

export function no(text: string, code?: string): ImapError {
  return new ImapError('NO', text, code);
}
