import type { Directory, PersonChange } from '../accounts/directory.ts';
import type { AccountInfo } from '../accounts/directory-snapshot.ts';
import type { MailStore } from '../store/types.ts';
import { asked } from './asked-directory.ts';
import { importPeople } from './people-import.ts';
import type { AliasView, DomainView, ImportedUser, UserChange, UserView } from './views/account-views.ts';

/** People, aliases and domains. */
export interface AccountAdmin {
  userList(): Promise<readonly UserView[]>;
  userAdd(user: { address: string; fullName: string; password: string; fax: boolean }): Promise<UserView>;
  /** What is left out stays; a quota of null is that of the settings. */
  userUpdate(change: UserChange): Promise<UserView>;
  /** A pasted list (`readPeople`): what would be made of it, or makes it; a line that fails leaves the others. */
  userImport(what: { text: string; dryRun: boolean }): Promise<readonly ImportedUser[]>;
  userPassword(change: { address: string; password: string }): Promise<void>;
  /** Where the mail of a person goes as well; no addresses: nowhere else. */
  userForward(change: { address: string; to: readonly string[]; keep: boolean }): Promise<UserView>;
  /** Removes the account; its mail goes too unless `keepMail`. */
  userRemove(what: { address: string; keepMail: boolean }): Promise<void>;
  aliasList(): Promise<readonly AliasView[]>;
  aliasSet(alias: AliasView): Promise<void>;
  aliasRemove(what: { name: string }): Promise<void>;
  domainList(): Promise<readonly DomainView[]>;
  domainAdd(what: { domain: string }): Promise<void>;
  /** Names without a domain belong to this one. */
  domainDefault(what: { domain: string }): Promise<void>;
  domainRemove(what: { domain: string; force: boolean }): Promise<void>;
}

/** People, aliases and domains; a person's mailbox is made and removed with the person. */
export function accountAdmin(directory: Directory, store: MailStore): AccountAdmin {
  return {
    userList: async () => directory.listPeople().map(userView),
    userAdd: (user) =>
      asked(async () => {
        const added = await directory.addPerson(user);
        (await store.open(added.address)).release();
        return userView(added);
      }),
    userUpdate: ({ address, ...change }) =>
      asked(async () => userView(await directory.updatePerson(address, definedOf(change)))),
    userImport: ({ text, dryRun }) => asked(() => importPeople(directory, store, text, dryRun)),
    userPassword: ({ address, password }) => asked(() => directory.setPassword(address, password)),
    userForward: ({ address, to, keep }) =>
      asked(async () => userView(await directory.setForward(address, { to, keep }))),
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
    domainDefault: ({ domain }) => asked(() => directory.setDefaultDomain(domain)),
    domainRemove: ({ domain, force }) => asked(async () => void (await directory.removeDomain(domain, force))),
  };
}

/** JSON has no undefined: what is not there was left out. */
function definedOf(change: Omit<UserChange, 'address'>): PersonChange {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function userView({ address, fullName, fax, disabled, quotaBytes, forward }: AccountInfo): UserView {
  return {
    address,
    fullName,
    fax,
    disabled,
    quotaBytes: quotaBytes ?? null,
    forward: forward ?? { to: [], keep: true },
  };
}
