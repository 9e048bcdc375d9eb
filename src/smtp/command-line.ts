import { isUtf8 } from 'node:buffer';
import { SmtpError } from './smtp-error.ts';

/** Octets of one command line: RFC 5321 §4.5.3.1.4 with room for extensions, and RFC 4954 §4 for what belongs to AUTH. */
export const lineLimits = { commandBytes: 2048, authBytes: 12_288 } as const;

/**
 * What is wrong with a command line before it is looked at; `continuing` says that it answers a challenge of AUTH.
 * @throws SmtpError
 */
export function checkLine(line: Buffer, continuing: boolean): void {
  const auth = continuing || /^auth /i.test(line.toString('latin1', 0, 5));
  if (line.length > (auth ? lineLimits.authBytes : lineLimits.commandBytes))
    throw new SmtpError(500, '5.5.2', 'line is too long');
  if (!isUtf8(line) || /[\x00-\x08\x0a-\x1f\x7f]/.test(line.toString('latin1')))
    throw new SmtpError(500, '5.5.2', 'line holds octets that are neither text nor UTF-8');
  if (continuing && !isBase64(line.toString('latin1').trim())) throw notBase64();
}

/** The initial response of AUTH; `=` stands for an empty one (RFC 4954 §4). @throws SmtpError */
export function checkInitialResponse(line: Buffer): void {
  const response = line.toString('latin1').trim().split(/\s+/)[2];
  if (response !== undefined && response !== '=' && !isBase64(response)) throw notBase64();
}

function isBase64(text: string): boolean {
  return text === '*' || (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text));
}

function notBase64(): SmtpError {
  return new SmtpError(501, '5.5.2', 'not base64');
}
