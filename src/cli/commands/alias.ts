import type { AliasView } from '../../admin/admin-api.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

export const aliasCommands: readonly Command[] = [
  {
    name: 'alias set',
    usage: 'NAME TARGET…',
    summary: 'make an alias, or give it other targets',
    help: 'NAME is an address, or @domain for every address of a domain that is nothing else.\n',
    arguments: { min: 2, max: 1000 },
    async run(call) {
      const [name, ...targets] = call.arguments as [string, ...string[]];
      await (await call.api()).aliasSet({ name, targets });
      call.terminal.out(`${name} leads to ${targets.join(', ')}.\n`);
      return 0;
    },
  },
  {
    name: 'alias list',
    usage: '',
    summary: 'list the aliases',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).aliasList(), (aliases: readonly AliasView[]) =>
        table(
          ['ALIAS', 'LEADS TO'],
          aliases.map(({ name, targets }) => [name, targets.join(', ')]),
        ),
      );
      return 0;
    },
  },
  {
    name: 'alias remove',
    usage: 'NAME',
    summary: 'remove an alias',
    arguments: { min: 1, max: 1 },
    async run(call) {
      const name = call.arguments[0]!;
      await (await call.api()).aliasRemove({ name });
      call.terminal.out(`The alias ${name} was removed.\n`);
      return 0;
    },
  },
];
