import { exitCodes } from '../../admin/admin-api.ts';
import type { DnsRecord } from '../../admin/views/dns-views.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

const states = { right: '✓', missing: '✗ missing', other: '✗ something else', unknown: '· could not ask' } as const;

function recordText({ name, type, zone, why, state, found }: DnsRecord): string {
  const lines = [`${states[state]}: ${zone || `${name} ${type}`}`];
  if (state !== 'right') lines.push(`  → ${why}`);
  if (state === 'other') lines.push(`  now: ${found.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

export const domainCommands: readonly Command[] = [
  {
    name: 'domain add',
    usage: 'DOMAIN',
    summary: 'take mail for a domain; the first one completes bare names',
    arguments: { min: 1, max: 1 },
    async run(call) {
      const domain = call.arguments[0]!;
      await (await call.api()).domainAdd({ domain });
      call.terminal.out(`Mail for ${domain} is taken now.\n`);
      return 0;
    },
  },
  {
    name: 'domain list',
    usage: '',
    summary: 'list the domains whose mail is kept here',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(
        await (await call.api()).domainList(),
        (domains: readonly { readonly domain: string; readonly accounts: number }[]) =>
          table(
            ['DOMAIN', 'ACCOUNTS'],
            domains.map(({ domain, accounts }) => [domain, String(accounts)]),
          ),
      );
      return 0;
    },
  },
  {
    name: 'domain check',
    usage: '[DOMAIN]',
    summary: 'ask the DNS whether everything is published that mail and mail programs need',
    help: 'Shows what should stand where, and what does. Ends with 0 when all is right.\n',
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const records = await (await call.api()).dnsRecords({ domain: call.arguments[0] ?? '' });
      call.report(records, (all: readonly DnsRecord[]) => all.map(recordText).join(''));
      return records.every(({ state }) => state === 'right') ? 0 : exitCodes.unavailable;
    },
  },
  {
    name: 'domain default',
    usage: 'DOMAIN',
    summary: 'complete bare names with this domain',
    arguments: { min: 1, max: 1 },
    async run(call) {
      const domain = call.arguments[0]!;
      await (await call.api()).domainDefault({ domain });
      call.terminal.out(`Names without a domain belong to ${domain} now.\n`);
      return 0;
    },
  },
  {
    name: 'domain remove',
    usage: 'DOMAIN [--force]',
    summary: 'take no more mail for a domain',
    help: 'A domain that accounts or aliases use is removed only with --force.\n',
    options: { force: { type: 'boolean' } },
    arguments: { min: 1, max: 1 },
    async run(call) {
      const domain = call.arguments[0]!;
      await (await call.api()).domainRemove({ domain, force: call.options.force === true });
      call.terminal.out(`Mail for ${domain} is not taken any more.\n`);
      return 0;
    },
  },
];
