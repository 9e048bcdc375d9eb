import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { Copy } from '../parts/copy.tsx';
import { Empty, Hint, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { say } from '../words.ts';

const signs = { right: '✓', missing: '✗', other: '✗', unknown: '·' } as const;
const classes = { right: 'well', missing: 'wrong', other: 'wrong', unknown: 'quiet' } as const;

type Answer = Awaited<ReturnType<typeof records>>;
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
        <Domain key={domain} domain={domain} rows={value!.filter((one) => one.domain === domain)} />
      ))}
      {domains.length > 0 && <Hint>{say('dns.later')}</Hint>}
    </Page>
  );
}

function Domain({ domain, rows }: { readonly domain: string; readonly rows: Answer }) {
  const wrong = rows.filter(({ state }) => state === 'missing' || state === 'other').length;
  const zone = rows.flatMap(({ zone: line }) => (line === '' ? [] : [line]));
  return (
    <Section title={domain}>
      <p class={wrong === 0 ? undefined : 'wrong'}>
        {wrong > 0
          ? say('dns.wrong', { count: wrong })
          : rows.every(({ state }) => state === 'right') && say('dns.all-right')}
      </p>
      <ul class="plain">
        {rows.map(({ name, type, zone: line, why, state, found: there }) => (
          <li key={`${type} ${name} ${line}`} class="card record">
            <p>
              <span class={classes[state]} aria-hidden="true">
                {signs[state]}
              </span>{' '}
              <strong>{say(`dns.type.${type}`)}</strong> <span class={classes[state]}>{say(`dns.${state}`)}</span>
            </p>
            {line ? (
              <Copy text={line} label={`${type} ${name}`} />
            ) : (
              <p>
                <code>{`${name} ${type}`}</code>
              </p>
            )}
            {there.length > 0 && state !== 'right' && (
              <p>
                {say('dns.found')} <code>{there.join(', ')}</code>
              </p>
            )}
            <p class="quiet">{why}</p>
          </li>
        ))}
      </ul>
      <details>
        <summary>{say('dns.zone')}</summary>
        <pre class="card code">{zone.join('\n')}</pre>
      </details>
    </Section>
  );
}
