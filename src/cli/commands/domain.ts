import type { Command } from '../command.ts';
import { table } from '../table.ts';

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
