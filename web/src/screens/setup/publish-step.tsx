import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { DnsDomain } from '../../parts/dns-domain.tsx';
import { Empty, Hint, Trouble } from '../../parts/notes.tsx';
import { say } from '../../words.ts';
import { StepForm, type StepProps } from './step.tsx';

/** The last page: what the domain's name service must say, and where to go from here. */
export function PublishStep(step: StepProps) {
  const records = useAsked(() => ask('dnsRecords', { domain: '' }), ['account.', 'config.changed']);
  const { value } = records;
  const domains = [...new Set(value?.map(({ domain }) => domain))];
  return (
    <StepForm step={step} work={async () => {}} onward={say('setup.finish')}>
      {records.error && <Trouble again={records.again}>{records.error}</Trouble>}
      {!value && !records.error && <Hint>{say('dns.asking')}</Hint>}
      {value?.length === 0 && <Empty>{say('setup.publish.nothing')}</Empty>}
      {domains.map((domain) => (
        <DnsDomain key={domain} domain={domain} rows={value!.filter((one) => one.domain === domain)} />
      ))}
      {domains.length > 0 && <Hint>{say('setup.publish.later')}</Hint>}
    </StepForm>
  );
}
