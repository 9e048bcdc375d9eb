import { type TrialParts, tryMailOut, type Way } from '../agents/mail-out-trial.ts';
import type { Config } from '../config/schema.ts';
import { hiddenSecret } from '../config/secrets.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { MailOutTrialView } from './views/mail-out-views.ts';

/** What is tried: what the settings say, or what somebody types. */
export interface MailOutWish {
  readonly way: 'settings' | 'smarthost' | 'direct';
  readonly host: string;
  readonly port: number;
  readonly security: 'starttls' | 'tls' | 'opportunistic' | 'none';
  readonly user: string;
  /** `hiddenSecret` stands for the one of the settings, for the same host and name only. */
  readonly password: string;
  /** Somebody outside of the office; empty for no question about passing on. */
  readonly to: string;
}

/** How mail leaves. */
export interface MailOutAdmin {
  /** Tries a way out of the office; sends nothing and changes nothing. Takes a minute at most. */
  mailOutTest(wish: MailOutWish): Promise<MailOutTrialView>;
}

export function mailOutAdmin(outbound: () => Config['outbound'], parts: () => TrialParts): MailOutAdmin {
  return {
    mailOutTest: async (wish) => {
      const way = wayOf(wish, outbound());
      if (way.kind === 'direct' && wish.to === '')
        throw new AdminError(
          exitCodes.data,
          'sending directly can only be tried with an address outside of the office',
        );
      return tryMailOut(way, wish.to, parts());
    },
  };
}

function wayOf({ way, host, port, security, user, password }: MailOutWish, now: Config['outbound']): Way {
  const { smarthost } = now;
  if (way === 'direct' || (way === 'settings' && !smarthost)) return { kind: 'direct', port: now.port };
  if (way === 'settings') return { kind: 'smarthost', ...smarthost! };
  if (host.trim() === '') throw new AdminError(exitCodes.data, 'the name of the mail server is missing');
  // Else whoever may try hosts could have the password told to a host of the own.
  const isKept = smarthost?.host === host.trim() && smarthost.user === user;
  if (password === hiddenSecret && !isKept)
    throw new AdminError(exitCodes.data, 'type the password anew: the kept one is for another server or name');
  const said = password === hiddenSecret ? smarthost!.password : password;
  return { kind: 'smarthost', host: host.trim(), port, security, user, password: said };
}
