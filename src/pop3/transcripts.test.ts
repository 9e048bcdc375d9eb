import { testTranscripts } from '../../test/support/transcript.ts';
import { Pop3Session } from './session.ts';

const locksOf = new WeakMap<object, Set<string>>();

testTranscripts('pop3', 8, (peer, { store, authenticator, clock, events }, settings) => {
  const locks = locksOf.get(store) ?? new Set<string>();
  locksOf.set(store, locks);
  const services = { name: 'box.office.test', store, authenticator, locks, clock, events };
  return new Pop3Session(peer, { requireTlsForLogin: true, ...services, ...settings }).run();
});
