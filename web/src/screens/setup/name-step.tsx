import { useState } from 'preact/hooks';
import { ask, change } from '../../api.ts';
import { applyNow } from '../../apply.ts';
import { useAsked } from '../../asked.ts';
import { Hint } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

/** What the office is called, and the domain of its mail. */
export function NameStep(step: StepProps) {
  const settings = useAsked(() => ask('configGet', { path: '' }));
  const domains = useAsked(() => ask('domainList', {}));
  // What was typed; until then what the box knows, however late it says so.
  const [typedOrganisation, setOrganisation] = useState<string>();
  const [typedDomain, setDomain] = useState<string>();
  const [name, setName] = useState<string>();
  const now = settings.value as { readonly name: string; readonly fax: { readonly organisation: string } } | undefined;
  const organisation = typedOrganisation ?? now?.fax.organisation ?? '';
  const domain = typedDomain ?? domains.value?.[0]?.domain ?? '';
  const isNamed = now?.name.includes('.') ?? false;
  const named = name ?? (isNamed ? now!.name : domain ? `mail.${domain}` : (now?.name ?? ''));
  const set = async (): Promise<void> => {
    await applyNow([
      { path: 'fax.organisation', value: organisation.trim() },
      { path: 'name', value: named.trim() },
    ]);
    const known = domains.value?.some((one) => one.domain === domain.trim().toLowerCase());
    if (domain.trim() !== '' && !known) await change('domainAdd', { domain: domain.trim() });
  };
  return (
    <StepForm step={step} work={set} disabled={!now}>
      <TextField label={say('setup.name.organisation')} value={organisation} set={setOrganisation} />
      <Hint>{say('setup.name.organisation-help')}</Hint>
      <TextField label={say('setup.name.domain')} value={domain} set={setDomain} />
      <Hint>{say('setup.name.domain-help')}</Hint>
      <TextField label={say('setup.name.name')} required value={named} set={setName} />
      <Hint>{say('setup.name.name-help')}</Hint>
    </StepForm>
  );
}
