import { parseFaxAddress } from '../fax/fax-address.ts';
import { targetProblem } from './address-rules.ts';

/** Addresses that one person may forward to; a larger circle is a mailing list. */
export const mostForwards = 10;

/**
 * @returns what is wrong with addresses that a person's mail is to go to, as a sentence. Telephone numbers are no place for
 * it: whoever knows the address could let the box dial.
 */
export function forwardProblem(address: string, to: readonly string[]): string | undefined {
  if (to.length > mostForwards) return `mail can be forwarded to ${mostForwards} addresses at most`;
  for (const target of to) {
    if (target === address) return 'mail cannot be forwarded to the mailbox that it comes from';
    const wrong = target.startsWith('@') ? 'has nothing before the @' : targetProblem(target, false);
    if (wrong) return `${JSON.stringify(target)} ${wrong}`;
    if (parseFaxAddress(target).kind !== 'other')
      return `${JSON.stringify(target)} is a fax: mail is forwarded to people`;
  }
  return undefined;
}
