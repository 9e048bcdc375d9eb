import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { DnsDomain } from '../parts/dns-domain.tsx';
import { Empty, Hint, Trouble } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { say } from '../words.ts';

const records = () => ask('dnsRecords', { domain: '' });

/** What the name service of the internet says of the box's domains, and what it should. */
export function Dns() {
  const found = useAsked(records, ['account.', 'config.changed']);
  const { value } = found;
  const domains = [...new Set(value?.map(({ domain }) => domain))];
  return (
    <Page
      title={say('dns.title')}
      actions={
        <button type="button" onClick={found.again}>
          {say('dns.again')}
        </button>
      }
    >
      <Hint>{say('dns.help')}</Hint>
      {found.error && <Trouble again={found.again}>{found.error}</Trouble>}
      {!value && !found.error && <Hint>{say('dns.asking')}</Hint>}
      {value?.length === 0 && <Empty>{say('people.no-domains')}</Empty>}
      {value && value.length > 0 && value.every(({ state }) => state === 'unknown') && (
        <Trouble again={found.again}>{say('dns.nobody')}</Trouble>
      )}
      {domains.map((domain) => (
        <DnsDomain key={domain} domain={domain} rows={value!.filter((one) => one.domain === domain)} />
      ))}
      {domains.length > 0 && <Hint>{say('dns.later')}</Hint>}
    </Page>
  );
}
