import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { PasswordAuthenticator } from './accounts/authenticator.ts';
import type { Directory } from './accounts/directory.ts';
import { BoxFactorStore } from './accounts/second-factors/factor-stores.ts';
import { PasskeyCeremonies } from './accounts/second-factors/passkey-ceremonies.ts';
import { SecondFactors } from './accounts/second-factors/second-factors.ts';
import { type OwnAdmin, ownAdmin } from './admin/own-admin.ts';
import { type SecondFactorAdmin, secondFactorAdmin } from './admin/second-factor-admin.ts';
import { type SessionAdmin, sessionAdmin } from './admin/session-admin.ts';
import type { Machine } from './box-system.ts';
import type { Config } from './config/schema.ts';
import type { Clock } from './lib/clock.ts';
import type { EventBus } from './lib/events.ts';
import type { IdSource } from './lib/ids.ts';
import type { Role } from './panel/api/operation.ts';
import { Login } from './panel/login.ts';
import { Reach } from './panel/reach.ts';
import { SecondStep } from './panel/second-step.ts';
import { Sessions } from './panel/sessions.ts';

export interface BoxAccessParts {
  readonly machine: Pick<Machine, 'password'>;
  /** `identity` of the data folder */
  readonly identityFolder: string;
  readonly directory: Directory;
  readonly authenticator: PasswordAuthenticator;
  readonly config: () => Config;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly ids: IdSource;
}

/** Who may come in to the panel, and as what. It outlives a panel that starts again. */
export interface BoxAccess {
  readonly login: Login;
  readonly second: SecondStep;
  readonly sessions: Sessions;
  readonly reach: Reach;
  readonly hasSecondFactor: (account: string) => boolean;
  readonly secondFactorFrom: () => Role | undefined;
  readonly api: OwnAdmin & SecondFactorAdmin & SessionAdmin;
}

const leastRole: Readonly<Record<Config['panel']['requireSecondFactor'], Role | undefined>> = {
  nobody: undefined,
  administrators: 'administrator',
  operators: 'operator',
  everybody: 'person',
};

export async function boxAccess(parts: BoxAccessParts): Promise<BoxAccess> {
  const { machine, directory, authenticator, config, clock, events, ids } = parts;
  const login = new Login({
    check: (password) => machine.password.check(password),
    people: authenticator,
    config,
    clock,
    events,
    ids,
  });
  const standing = (account: string): Role | undefined => {
    const person = directory.snapshot().account(account);
    return account === '' || (person && !person.disabled) ? login.roleOf(account) : undefined;
  };
  const store = await BoxFactorStore.open(directory, join(parts.identityFolder, 'second-factors.json'));
  const factors = new SecondFactors({ store, clock, events, random: randomBytes });
  const passkeys = new PasskeyCeremonies(factors, clock, randomBytes);
  const limit = (): Config['loginLimit'] => config().loginLimit;
  const sessions = new Sessions({
    clock,
    events,
    standing,
    generation: () => machine.password.generation,
    limits: () => config().panel,
  });
  const confirm = (account: string, password: string, remote: string) => login.try(account, password, remote);
  return {
    login,
    second: new SecondStep({ factors, passkeys, standing, limit, clock, events, random: randomBytes }),
    sessions,
    reach: new Reach({ settings: () => config().panel, clock, events }),
    hasSecondFactor: (account) => factors.has(account),
    secondFactorFrom: () => leastRole[config().panel.requireSecondFactor],
    api: {
      ...ownAdmin({ directory, confirm, setBoxPassword: (password) => machine.password.set(password) }),
      ...secondFactorAdmin({
        factors,
        passkeys,
        confirm,
        name: () => config().name,
        addressOf: (name) => directory.credentials(directory.complete(name))?.account.address,
      }),
      ...sessionAdmin(sessions),
    },
  };
}
