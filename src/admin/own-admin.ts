import type { Directory } from '../accounts/directory.ts';
import type { AccountInfo } from '../accounts/directory-snapshot.ts';
import { checkNewPassword, checkStrength } from '../accounts/password.ts';
import { currentActor } from '../lib/actor.ts';
import { durationText } from '../lib/words.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import { asked } from './asked-directory.ts';
import type { OwnAccountView } from './views/access-views.ts';

/** What people do with their own account; an empty `account` is the administrator of the box. */
export interface OwnAdmin {
  ownAccount(who: { account: string }): Promise<OwnAccountView>;
  ownName(change: { account: string; fullName: string }): Promise<OwnAccountView>;
  ownPassword(change: { account: string; oldPassword: string; newPassword: string }): Promise<void>;
  ownForward(change: { account: string; to: readonly string[]; keep: boolean }): Promise<OwnAccountView>;
}

/** How a password that is given once more was; throttled as logins are. */
export type Confirmation =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'later'; readonly waitMs: number };

export type Confirm = (account: string, password: string, remote: string) => Promise<Confirmation>;

/** @throws AdminError when it is not the password of the account */
export async function insistOnPassword(confirm: Confirm, account: string, password: string): Promise<void> {
  const result = await confirm(account, password, currentActor()?.remote ?? '');
  if (result.kind === 'wrong') throw new AdminError(exitCodes.noPermission, 'This is not your password.');
  if (result.kind === 'later') {
    const wait = durationText(Math.max(result.waitMs, 1000));
    throw new AdminError(exitCodes.noPermission, `There were too many wrong passwords; try again in ${wait}.`);
  }
}

export function ownAdmin(parts: {
  readonly directory: Directory;
  readonly confirm: Confirm;
  /** Sets the password of the administrator of the box. */
  readonly setBoxPassword: (password: string) => Promise<void>;
}): OwnAdmin {
  const { directory, confirm } = parts;
  const own = (account: string): AccountInfo => {
    const found = directory.snapshot().account(account);
    if (!found) throw new AdminError(exitCodes.noUser, 'The administrator of the box has no mailbox.');
    return found;
  };
  return {
    ownAccount: async ({ account }) =>
      account === ''
        ? { address: '', fullName: '', fax: false, forward: { to: [], keep: true } }
        : ownView(own(account)),
    ownName: ({ account, fullName }) =>
      asked(async () => ownView(await directory.updatePerson(own(account).address, { fullName }))),
    ownPassword: async ({ account, oldPassword, newPassword }) => {
      await insistOnPassword(confirm, account, oldPassword);
      await asked(async () => {
        if (newPassword === oldPassword) throw new AdminError(exitCodes.data, 'The new password is the old one.');
        checkNewPassword(newPassword, account);
        checkStrength(newPassword, account);
        await (account === '' ? parts.setBoxPassword(newPassword) : directory.setPassword(account, newPassword));
      });
    },
    ownForward: ({ account, to, keep }) =>
      asked(async () => ownView(await directory.setForward(own(account).address, { to, keep }))),
  };
}

function ownView({ address, fullName, fax, forward = { to: [], keep: true } }: AccountInfo): OwnAccountView {
  return { address, fullName, fax, forward };
}
