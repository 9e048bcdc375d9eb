import type { Directory } from '../accounts/directory.ts';
import type { RoutingConfig } from '../routing/config.ts';
import { explain } from '../routing/route.ts';
import type { Route } from '../routing/types.ts';
import type { RouteView } from './views/account-views.ts';

/** Where an address leads. */
export interface RouteAdmin {
  route(what: { address: string; relay: boolean; fax: boolean }): Promise<RouteView>;
}

/** "Where would this go?", with the answer that the door and the queue get. */
export function routeAdmin(directory: Directory, config: () => RoutingConfig): RouteAdmin {
  return {
    route: async ({ address, relay, fax }) => {
      const asker = { relay, fax, source: relay ? 'local' : 'esmtp' } as const;
      const { routing, steps } = explain(address, asker, directory.snapshot(), config());
      if (routing.kind === 'refused') {
        const reply = `${routing.code} ${routing.status} ${routing.text}`;
        return { address, accepted: false, steps, recipients: [], reply };
      }
      const recipients = routing.recipients.map((one) => ({
        address: one.address,
        agent: one.route.agent,
        destination: destination(one.route),
      }));
      return { address, accepted: true, steps, recipients, reply: '' };
    },
  };
}

function destination(route: Route): string {
  switch (route.agent) {
    case 'local':
      return `mailbox of ${route.account}`;
    case 'fax':
      return `dials ${route.number}`;
    case 'esmtp':
      return `hosts of ${route.domain}`;
  }
}
