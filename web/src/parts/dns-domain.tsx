import type { DnsRecord } from '../../../src/admin/views/dns-views.ts';
import { say } from '../words.ts';
import { Copy } from './copy.tsx';
import { Section } from './page.tsx';

const signs = { right: '✓', missing: '✗', other: '✗', unknown: '·' } as const;
const classes = { right: 'well', missing: 'wrong', other: 'wrong', unknown: 'quiet' } as const;

/** What one domain should publish, what stands there now, and the lines to copy. */
export function DnsDomain({ domain, rows }: { readonly domain: string; readonly rows: readonly DnsRecord[] }) {
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
