import type { SessionError } from './smtp-session.ts';

/** What the network says, in words for people. */
export function connectWords({ cause, message }: SessionError): string {
  const { code = '', name } = cause as Error & { code?: string };
  return (name === 'TimeoutError' ? connectReasons.ETIMEDOUT : connectReasons[code]) ?? message;
}

const connectReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no mail server runs there at the moment',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'it cannot be reached over the network',
  ENETUNREACH: 'it cannot be reached over the network',
  ECONNRESET: 'it ended the connection at once',
};
