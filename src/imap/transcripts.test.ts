import { testTranscripts } from '../../test/support/transcript.ts';
import { ImapSession } from './session.ts';

testTranscripts('imap', 15, (peer, { store, authenticator, clock, events }, settings) => {
  const services = { name: 'box.office.test', store, authenticator, clock, events };
  return new ImapSession(peer, { requireTlsForLogin: true, maxLiteral: 10_000, ...services, ...settings }).run();
});
