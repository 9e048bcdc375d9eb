import type { AddressInfo } from 'node:net';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { SecureContextProvider } from '../lib/line-peer.ts';
import { LineServer } from '../lib/line-server.ts';
import type { MailStore } from '../store/types.ts';
import { Pop3Session } from './session.ts';

export interface Pop3ServerParts {
  /** Asked for every connection; the ports, when listening begins. */
  readonly config: () => Config['pop3'];
  /** Name of the box. */
  readonly name: () => string;
  readonly store: MailStore;
  readonly authenticator: Authenticator;
  /** Asked for every TLS handshake. */
  readonly secureContext: SecureContextProvider;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** POP3 on its two ports. */
export class Pop3Server {
  readonly #lines: LineServer;

  constructor({ config, name, store, authenticator, secureContext, events, clock, ids }: Pop3ServerParts) {
    const locks = new Set<string>();
    this.#lines = new LineServer({
      protocol: 'pop3',
      listeners: () => [
        { name: 'pop3', ...config().pop3, tls: false },
        { name: 'pop3s', ...config().pop3s, tls: true },
      ],
      limits: config,
      tooMany: '-ERR [SYS/TEMP] Too many connections\r\n',
      secureContext,
      clock,
      ids,
      events,
      serve: (peer) => {
        const { requireTlsForLogin } = config();
        const services = { store, authenticator, locks, clock, events };
        return new Pop3Session(peer, { name: name(), requireTlsForLogin, ...services }).run();
      },
    });
  }

  /** @returns the addresses of the ports that are enabled. @throws Error when a port cannot be had. */
  listen(): Promise<{ readonly pop3?: AddressInfo; readonly pop3s?: AddressInfo }> {
    return this.#lines.listen();
  }

  /** Sessions at this moment. */
  get connections(): number {
    return this.#lines.connections;
  }

  /** Sessions end as soon as their command is done; after `graceMs` they are cut off. */
  close(graceMs: number): Promise<void> {
    return this.#lines.close(graceMs);
  }
}
