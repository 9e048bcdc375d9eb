import { z } from 'zod';
import * as account from '../../../admin/views/account-views.ts';
import { list } from '../../../admin/views/view.ts';
import { address, ask, change, done, nothing, type Operations, short } from '../operation.ts';

/** People, aliases and domains. */
export const accountOperations = {
  userList: ask('operator', 'Everybody who has a mailbox', ['user list'], nothing, list(account.userView)),
  userAdd: change(
    'administrator',
    'Adds a person with a mailbox',
    ['user add'],
    z.strictObject({ address, fullName: short, password: short, fax: z.boolean() }),
    account.userView,
  ),
  userUpdate: change(
    'administrator',
    'Changes name, rights or quota of a person',
    ['user change'],
    account.userChange,
    account.userView,
  ),
  userImport: change(
    'administrator',
    'Adds the people of a list, or shows what would be added',
    ['user import'],
    z.strictObject({ text: z.string().max(500_000), dryRun: z.boolean() }),
    list(account.importedUser),
  ),
  userPassword: change(
    'administrator',
    'Sets the password of a person',
    ['user passwd'],
    z.strictObject({ address, password: short }),
    done,
  ),
  userForward: change(
    'administrator',
    'Says where the mail of a person goes as well',
    ['user forward'],
    z.strictObject({ address, to: list(address), keep: z.boolean() }),
    account.userView,
  ),
  userRemove: change(
    'administrator',
    'Removes a person; the mail goes too unless it is kept',
    ['user remove'],
    z.strictObject({ address, keepMail: z.boolean() }),
    done,
  ),
  aliasList: ask('operator', 'Aliases and where they lead', ['alias list'], nothing, list(account.aliasView)),
  aliasSet: change(
    'administrator',
    'Makes an alias, or changes where it leads',
    ['alias set'],
    z.strictObject({ name: address, targets: list(address) }),
    done,
  ),
  aliasRemove: change('administrator', 'Removes an alias', ['alias remove'], z.strictObject({ name: address }), done),
  domainList: ask('operator', 'Domains whose mail is taken', ['domain list'], nothing, list(account.domainView)),
  domainAdd: change(
    'administrator',
    'Takes mail for a domain',
    ['domain add'],
    z.strictObject({ domain: address }),
    done,
  ),
  domainDefault: change(
    'administrator',
    'Makes a domain the one of names without one',
    ['domain default'],
    z.strictObject({ domain: address }),
    done,
  ),
  domainRemove: change(
    'administrator',
    'Takes no more mail for a domain',
    ['domain remove'],
    z.strictObject({ domain: address, force: z.boolean() }),
    done,
  ),
} satisfies Partial<Operations>;
