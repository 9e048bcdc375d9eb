import type { PasswordAuthenticator } from './accounts/authenticator.ts';
import type { Directory } from './accounts/directory.ts';
import type { AdminApi } from './admin/admin-api.ts';
import type { BoxAccess } from './box-access.ts';
import type { BoxCertificates } from './box-certificates.ts';
import type { clientFacts } from './box-clients.ts';
import type { BoxSystem, Machine } from './box-system.ts';
import type { Config } from './config/schema.ts';
import { ImapServer } from './imap/server.ts';
import type { Clock } from './lib/clock.ts';
import type { EventBus } from './lib/events.ts';
import type { IdSource } from './lib/ids.ts';
import type { Metrics } from './panel/metrics.ts';
import { PanelServer } from './panel/panel-server.ts';
import { Pop3Server } from './pop3/server.ts';
import type { Entrance } from './queue/types.ts';
import type { Asker, Routing } from './routing/types.ts';
import { Services, server } from './services.ts';
import { SmtpServer } from './smtp/server.ts';
import type { MailStore } from './store/types.ts';

export interface BoxServersParts {
  readonly machine: Pick<Machine, 'version'>;
  readonly access: BoxAccess;
  readonly system: Pick<BoxSystem, 'localNames' | 'isReady' | 'network'>;
  readonly config: () => Config;
  readonly directory: Directory;
  readonly authenticator: PasswordAuthenticator;
  /** What mail programs are told. */
  readonly clients: ReturnType<typeof clientFacts>;
  readonly certificates: BoxCertificates;
  readonly store: MailStore;
  readonly entrance: Entrance;
  readonly route: (address: string, asker: Asker) => Routing;
  readonly metrics: Metrics;
  readonly api: AdminApi;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly events: EventBus;
  /** Tells of what failed, by the part that it was in. */
  readonly fault: (where: string) => (error: unknown) => void;
}

/** Where programs and people connect to the box: mail in, mailboxes, panel. */
export function boxServers(parts: BoxServersParts): { readonly smtp: SmtpServer; readonly services: Services } {
  const { machine, access, system, config, directory, authenticator, certificates, store, metrics, api } = parts;
  const { tls, acme } = certificates;
  const { entrance, route, clients, clock, ids, events } = parts;
  const name = (): string => config().name;
  const smtp = new SmtpServer({
    config: () => config().smtp,
    scheduleAhead: () => config().queue.scheduleAhead,
    name,
    entrance,
    authenticator,
    route,
    directory: () => directory.snapshot(),
    tls: () => tls.context(),
    events,
    clock,
    ids,
  });
  const mailbox = { name, store, authenticator, secureContext: () => tls.context(), events, clock, ids };
  const panel = (): PanelServer =>
    new PanelServer({
      config: config().panel,
      name,
      otherNames: () => system.localNames,
      version: machine.version,
      admin: api,
      metrics,
      events,
      clock,
      ...access,
      pair: () => tls.pair(),
      open: { authority: () => tls.authority().cert, acmeAnswer: (token) => acme.answer(token) },
      clients: {
        facts: clients,
        authority: () => certificates.ownAuthority(),
        now: () => new Date(clock.now()),
      },
      ready: () => system.isReady(),
      reached: (address) => void system.network.reachedOn(address).catch(parts.fault('network')),
    });
  const services = new Services(
    [
      server('smtp', ['smtp.smtp', 'smtp.submission', 'smtp.submissions'], () => smtp),
      server('imap', ['imap.imap', 'imap.imaps'], () => new ImapServer({ ...mailbox, config: () => config().imap })),
      server('pop3', ['pop3.pop3', 'pop3.pop3s'], () => new Pop3Server({ ...mailbox, config: () => config().pop3 })),
      server('panel', ['panel.http', 'panel.https'], panel),
    ],
    (service, error) => parts.fault(service)(error),
  );
  return { smtp, services };
}
