import { exitCodes, type RouteView } from '../../admin/admin-api.ts';
import type { Command } from '../command.ts';
import { printable } from '../table.ts';

function routeText({ address, steps, accepted, recipients, reply }: RouteView): string {
  const lines = steps.map((step) => `  ${step}\n`).join('');
  const ends = recipients.map((one) => `  → ${one.agent}: ${one.destination}\n`).join('');
  return printable(`${address}\n${lines}${accepted ? ends : `  ✗ ${reply}\n`}`);
}

export const routeCommands: readonly Command[] = [
  {
    name: 'route',
    usage: 'ADDRESS [--outsider]',
    summary: 'tell where mail or a fax to an address would go, and why',
    help: 'Asks as a person of the office does; --outsider asks as a foreign mail server does.\n',
    options: { outsider: { type: 'boolean' } },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const trusted = call.options.outsider !== true;
      const answer = await (await call.api()).route({ address: call.arguments[0]!, relay: trusted, fax: trusted });
      call.report(answer, routeText);
      return answer.accepted ? 0 : exitCodes.noUser;
    },
  },
];
