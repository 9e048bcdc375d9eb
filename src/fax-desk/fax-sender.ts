import type { DirectorySnapshot } from '../accounts/directory-snapshot.ts';
import type { Person } from '../mail/compose.ts';

/**
 * In whose name a fax of the panel is sent. The administrator of the box has no mailbox: without another sender that is the
 * postmaster, who gets the reports as well.
 * @returns undefined for somebody who may send no faxes, or is gone.
 */
export function faxSender(
  directory: DirectorySnapshot,
  account: string,
  { from, postmaster }: { readonly from: string; readonly postmaster: string },
): Person | undefined {
  if (account === '') return { address: postmaster || from };
  const person = directory.account(account);
  if (!person?.fax || person.disabled) return undefined;
  return { address: person.address, ...(person.fullName && { name: person.fullName }) };
}
