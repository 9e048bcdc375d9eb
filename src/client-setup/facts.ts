import { isPublicName } from '../config/public-name.ts';
import { bestService, type MailService } from './mail-services.ts';

/** What a mail program is told for one mailbox; passwords are never part of it. */
export interface ClientFacts {
  /** Mail address, which is the user name as well; of the hosted domain. */
  readonly address: string;
  readonly domain: string;
  /** Name of the person, as far as it may be told; else empty. */
  readonly fullName: string;
  /** Name of the office or of the box, as it is shown in the program. */
  readonly title: string;
  readonly services: readonly MailService[];
}

/** The host that programs are told: the box's name where it is known everywhere, else the name by which it was just reached. */
export function hostFor(boxName: string, reachedBy: string): string {
  return isPublicName(boxName) || reachedBy === '' ? boxName : reachedBy;
}

/** Mailbox and way out, as most programs want them: one each. undefined where the box serves none. */
export function mainServices({ services }: ClientFacts) {
  const incoming = bestService(services, 'imap') ?? bestService(services, 'pop3');
  const outgoing = bestService(services, 'submission');
  return incoming && outgoing ? { incoming, outgoing } : undefined;
}
