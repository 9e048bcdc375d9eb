import type { ImapSession } from './session.ts';

const everywhere = ['IMAP4rev1', 'LITERAL+', 'SASL-IR', 'ID', 'ENABLE'];
const loggedIn = [
  'IDLE',
  'NAMESPACE',
  'CHILDREN',
  'UIDPLUS',
  'UNSELECT',
  'MOVE',
  'SPECIAL-USE',
  'LIST-EXTENDED',
  'LIST-STATUS',
  'STATUS=SIZE',
  'ESEARCH',
  'UTF8=ACCEPT',
  'QUOTA',
  'QUOTA=RES-STORAGE',
];

/** What the session can do now (RFC 9051 §7.2.2). */
export function capabilities(session: ImapSession): string {
  if (session.state !== 'notAuthenticated') {
    return [...everywhere, ...loggedIn, `APPENDLIMIT=${session.services.maxLiteral}`].join(' ');
  }
  const tls = session.peer.secure ? [] : ['STARTTLS'];
  return [...everywhere, ...tls, session.mayLogIn ? 'AUTH=PLAIN' : 'LOGINDISABLED'].join(' ');
}
