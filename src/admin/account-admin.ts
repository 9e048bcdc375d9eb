import type { Directory } from '../accounts/directory.ts';
import { DirectoryError } from '../accounts/directory-error.ts';
import type { AccountInfo } from '../accounts/directory-snapshot.ts';
import type { MailStore } from '../store/types.ts';
import { type AdminApi, AdminError, exitCodes, type UserView } from './admin-api.ts';

type AccountMethods = Pick<
  AdminApi,
  | 'userList'
  | 'userAdd'
  | 'userPassword'
  | 'userRemove'
  | 'aliasList'
  | 'aliasSet'
  | 'aliasRemove'
  | 'domainList'
  | 'domainAdd'
  | 'domainRemove'
>;

/** People, aliases and domains; a person's mailbox is made and removed with the person. */
export function accountAdmin(directory: Directory, store: MailStore): AccountMethods {
  return {
    userList: async () => directory.listPeople().map(userView),
    userAdd: (user) =>
      asked(async () => {
        const added = await directory.addPerson(user);
        (await store.open(added.address)).release();
        return userView(added);
      }),
    userPassword: ({ address, password }) => asked(() => directory.setPassword(address, password)),
    userRemove: ({ address, keepMail }) =>
      asked(async () => {
        const removed = await directory.removePerson(address);
        if (!keepMail) await store.remove(removed.address);
      }),
    aliasList: async () => directory.listAliases(),
    aliasSet: ({ name, targets }) => asked(async () => void (await directory.setAlias(name, targets))),
    aliasRemove: ({ name }) => asked(() => directory.removeAlias(name)),
    domainList: async () => {
      const people = directory.listPeople();
      return directory.listDomains().map((domain) => ({
        domain,
        accounts: people.filter(({ address }) => address.endsWith(`@${domain}`)).length,
      }));
    },
    domainAdd: ({ domain }) => asked(async () => void (await directory.addDomain(domain))),
    domainRemove: ({ domain, force }) => asked(async () => void (await directory.removeDomain(domain, force))),
  };
}

function userView({ address, fullName, fax, disabled }: AccountInfo): UserView {
  return { address, fullName, fax, disabled };
}

const directoryExitCodes: Record<DirectoryError['kind'], number> = {
  exists: exitCodes.cannotCreate,
  missing: exitCodes.noUser,
  invalid: exitCodes.data,
};

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DirectoryError) throw new AdminError(directoryExitCodes[error.kind], error.message);
    throw error;
  }
}
