import { useState } from 'preact/hooks';
import { ask } from '../../api.ts';
import { applyNow } from '../../apply.ts';
import { useAsked } from '../../asked.ts';
import { MailOutTest } from '../../parts/mail-out-test.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

const securities = ['starttls', 'tls', 'opportunistic', 'none'] as const;
type Security = (typeof securities)[number];

interface Smarthost {
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly user: string;
  readonly password: string;
}

/** Ports of RFC 6409, RFC 8314 and RFC 5321. */
const usualPorts: Readonly<Record<Security, number>> = { starttls: 587, tls: 465, opportunistic: 25, none: 25 };
const fresh: Smarthost = { host: '', port: 587, security: 'starttls', user: '', password: '' };

/** To each server directly, or all of it through one; tried before it is kept. */
export function MailOutStep(step: StepProps) {
  const kept = useAsked(() => ask('configGet', { path: 'outbound.smarthost' }), ['config.']);
  const [chosen, setWay] = useState<'direct' | 'smarthost'>();
  const [typed, setTyped] = useState<Smarthost>();
  if (kept.value === undefined) return kept.error ? <Trouble again={kept.again}>{kept.error}</Trouble> : null;
  const now = kept.value as Smarthost | null;
  const way = chosen ?? (now ? 'smarthost' : 'direct');
  const wanted = typed ?? now ?? fresh;
  const set = (change: Partial<Smarthost>): void => setTyped({ ...wanted, ...change });
  const secure = (security: Security): void =>
    set({ security, ...(wanted.port === usualPorts[wanted.security] && { port: usualPorts[security] }) });
  const keep = (): Promise<void> => {
    const value = { ...wanted, host: wanted.host.trim() };
    return applyNow([{ path: 'outbound.smarthost', value: way === 'direct' ? null : value }]);
  };
  return (
    <StepForm step={step} work={keep}>
      <fieldset class="choices">
        <legend class="hidden">{say('setup.mail-out')}</legend>
        {(['direct', 'smarthost'] as const).map((one) => (
          <label class="switch" key={one}>
            <input type="radio" name="way" checked={way === one} onChange={() => setWay(one)} />
            <span>{say(`mail-out.${one}`)}</span>
          </label>
        ))}
      </fieldset>
      <Hint>{say(`mail-out.${way}-help`)}</Hint>
      {way === 'smarthost' && (
        <>
          <TextField label={say('mail-out.host')} required value={wanted.host} set={(host) => set({ host })} />
          <label class="field">
            <span>{say('mail-out.security')}</span>
            <select
              value={wanted.security}
              onChange={(event) => secure(securities.find((one) => one === event.currentTarget.value)!)}
            >
              {securities.map((one) => (
                <option key={one} value={one}>
                  {say(`mail-out.security.${one}`)}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{say('mail-out.port')}</span>
            <input
              type="number"
              min={1}
              max={65535}
              required
              value={wanted.port}
              onInput={(event) => set({ port: event.currentTarget.valueAsNumber || 0 })}
            />
          </label>
          <TextField label={say('mail-out.user')} value={wanted.user} set={(user) => set({ user })} />
          <Hint>{say('mail-out.user-help')}</Hint>
          <TextField
            label={say('mail-out.password')}
            type="password"
            value={wanted.password}
            set={(password) => set({ password })}
          />
        </>
      )}
      <MailOutTest wish={{ way, ...wanted }} />
    </StepForm>
  );
}
