import { addressProblem } from '../accounts/address-rules.ts';
import type { Directory } from '../accounts/directory.ts';
import { DirectoryError } from '../accounts/directory-error.ts';
import { generatePassword } from '../accounts/password.ts';
import type { MailStore } from '../store/types.ts';
import { type PeopleLine, readPeople } from './people-list.ts';
import type { ImportedUser } from './views/account-views.ts';

/**
 * Adds the people of a list, one after the other; a line with a problem leaves the others.
 * @throws RangeError when the list is too long
 */
export async function importPeople(
  directory: Directory,
  store: Pick<MailStore, 'open'>,
  text: string,
  dryRun: boolean,
): Promise<readonly ImportedUser[]> {
  const known = new Set(directory.listPeople().map(({ address }) => address));
  const results: ImportedUser[] = [];
  for (const line of readPeople(text)) {
    const address = directory.complete(line.address);
    const problem = problemOf(address, known, directory);
    known.add(address);
    const shown = { line: line.line, address, fullName: line.fullName, fax: line.fax, password: '', added: false };
    if (problem !== '' || dryRun) results.push({ ...shown, problem });
    else results.push({ ...shown, ...(await add(directory, store, { ...line, address })) });
  }
  return results;
}

function problemOf(address: string, known: ReadonlySet<string>, directory: Directory): string {
  const problem = addressProblem(address);
  if (problem) return `${JSON.stringify(address)} ${problem}`;
  if (known.has(address)) return `${address} is there already, or twice in the list`;
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return directory.snapshot().isLocalDomain(domain) ? '' : `${domain} is not a domain of this box: add it first`;
}

async function add(
  directory: Directory,
  store: Pick<MailStore, 'open'>,
  { address, fullName, fax, password }: PeopleLine,
): Promise<Pick<ImportedUser, 'password' | 'problem' | 'added'>> {
  const made = password === '' ? generatePassword() : '';
  try {
    const person = await directory.addPerson({ address, fullName, fax, password: password || made });
    (await store.open(person.address)).release();
    return { password: made, problem: '', added: true };
  } catch (error) {
    if (error instanceof DirectoryError) return { password: '', problem: error.message, added: false };
    throw error;
  }
}
