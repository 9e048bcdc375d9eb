import { SubmitError } from '../queue/types.ts';

/** What is refused to the client; turned into a reply in one place (`Listener`). */
export class SmtpError extends Error {
  override readonly name = 'SmtpError';
  /** Reply code (RFC 5321 §4.2). */
  readonly code: number;
  /** Enhanced status code (RFC 3463). */
  readonly status: string;
  constructor(code: number, status: string, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
    this.status = status;
  }
}

/** The reply for whatever went wrong while a message was taken; what is not expected is told to nobody outside. */
export function submissionError(error: unknown): SmtpError {
  if (error instanceof SmtpError) return error;
  if (error instanceof SubmitError) return new SmtpError(codeOf(error), error.status, error.message, { cause: error });
  return new SmtpError(451, '4.3.0', 'cannot take the message now, try again later', { cause: error });
}

function codeOf(error: SubmitError): number {
  if (!error.permanent) return error.status === '4.3.1' ? 452 : 451;
  return error.status === '5.3.4' || error.status === '5.2.3' ? 552 : 554;
}
