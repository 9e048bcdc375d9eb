import {
  type BrowserAnswer,
  type PasskeyCeremonies,
  type Site,
  siteOf,
} from '../accounts/second-factors/passkey-ceremonies.ts';
import type { SecondFactors } from '../accounts/second-factors/second-factors.ts';
import { currentActor } from '../lib/actor.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import { asked } from './asked-directory.ts';
import { type Confirm, insistOnPassword } from './own-admin.ts';
import type { BegunFactorView, RecoveryView, SecondFactorView } from './views/access-views.ts';

/** What people show beside their password; an empty `account` is the administrator of the box. */
export interface SecondFactorAdmin {
  secondFactor(who: { account: string }): Promise<SecondFactorView>;
  /** A new key for an authenticator app; it counts after `secondFactorConfirm`. */
  secondFactorBegin(who: { account: string; password: string }): Promise<BegunFactorView>;
  secondFactorConfirm(what: { account: string; code: string }): Promise<RecoveryView>;
  secondFactorRemove(who: { account: string; password: string }): Promise<void>;
  recoveryRenew(who: { account: string; password: string }): Promise<RecoveryView>;
  /** What the browser's WebAuthn is asked (PublicKeyCredentialCreationOptionsJSON). */
  passkeyOptions(who: { account: string; password: string }): Promise<{ readonly options: object }>;
  /** Its answer (RegistrationResponseJSON). */
  passkeyAdd(what: { account: string; name: string; answer: BrowserAnswer }): Promise<RecoveryView>;
  passkeyRemove(what: { account: string; id: string; password: string }): Promise<void>;
  /** Takes all second factors away, for somebody who lost them. */
  secondFactorReset(who: { address: string }): Promise<void>;
}

export function secondFactorAdmin(parts: {
  readonly factors: SecondFactors;
  readonly passkeys: PasskeyCeremonies;
  readonly confirm: Confirm;
  readonly name: () => string;
  /** The full address of somebody; undefined for nobody. */
  readonly addressOf: (name: string) => string | undefined;
}): SecondFactorAdmin {
  const { factors, passkeys, confirm, name } = parts;
  const site = (): Site => {
    const found = siteOf(currentActor()?.origin ?? '');
    if ('problem' in found) throw new AdminError(exitCodes.data, found.problem);
    return found;
  };
  return {
    secondFactor: async ({ account }) => {
      const known = factors.of(account);
      const here = siteOf(currentActor()?.origin ?? '');
      return {
        codes: known?.totp !== undefined,
        recoveryLeft: known?.recovery.length ?? 0,
        passkeys: (known?.passkeys ?? []).map(({ id, name: called, rpId, createdAt, usedAt }) => ({
          id,
          name: called,
          site: rpId,
          createdAt: new Date(createdAt).toISOString(),
          usedAt: usedAt === 0 ? '' : new Date(usedAt).toISOString(),
        })),
        passkeyProblem: 'problem' in here ? here.problem : '',
      };
    },
    secondFactorBegin: async ({ account, password }) => {
      await insistOnPassword(confirm, account, password);
      return factors.beginTotp(account, name());
    },
    secondFactorConfirm: async ({ account, code }) => ({
      recoveryCodes: await asked(() => factors.confirmTotp(account, code)),
    }),
    secondFactorRemove: async ({ account, password }) => {
      await insistOnPassword(confirm, account, password);
      await asked(() => factors.removeTotp(account));
    },
    recoveryRenew: async ({ account, password }) => {
      await insistOnPassword(confirm, account, password);
      return { recoveryCodes: await asked(() => factors.renewRecovery(account)) };
    },
    passkeyOptions: async ({ account, password }) => {
      const here = site();
      await insistOnPassword(confirm, account, password);
      return { options: await asked(() => passkeys.registerOptions(account, name(), here)) };
    },
    passkeyAdd: async ({ account, name: called, answer }) => ({
      recoveryCodes: await asked(() => passkeys.register(account, called, answer, site())),
    }),
    passkeyRemove: async ({ account, id, password }) => {
      await insistOnPassword(confirm, account, password);
      await asked(() => factors.removePasskey(account, id));
    },
    secondFactorReset: async ({ address }) => {
      const account = address === '' || address === 'administrator' ? '' : parts.addressOf(address);
      if (account === undefined) throw new AdminError(exitCodes.noUser, `there is nobody with the address ${address}`);
      await asked(() => factors.reset(account));
    },
  };
}
