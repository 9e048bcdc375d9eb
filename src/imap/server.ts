import type { AddressInfo } from 'node:net';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import type { IdSource } from '../lib/ids.ts';
import type { SecureContextProvider } from '../lib/line-peer.ts';
import { LineServer } from '../lib/line-server.ts';
import type { MailStore } from '../store/types.ts';
import { ImapSession } from './session.ts';

export interface ImapServerParts {
  /** Asked for every connection; the ports, when listening begins. */
  readonly config: () => Config['imap'];
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

/** IMAP on its two ports. */
export class ImapServer {
  readonly #lines: LineServer;

  constructor({ config, name, store, authenticator, secureContext, events, clock, ids }: ImapServerParts) {
    this.#lines = new LineServer({
      protocol: 'imap',
      listeners: () => [
        { name: 'imap', ...config().imap, tls: false },
        { name: 'imaps', ...config().imaps, tls: true },
      ],
      limits: config,
      tooMany: '* BYE [UNAVAILABLE] Too many connections\r\n',
      secureContext,
      clock,
      ids,
      events,
      serve: (peer) => {
        const { requireTlsForLogin, maxLiteral } = config();
        const services = { store, authenticator, clock, events };
        return new ImapSession(peer, { name: name(), requireTlsForLogin, maxLiteral, ...services }).run();
      },
    });
  }

  /** @returns the addresses of the ports that are enabled. @throws Error when a port cannot be had. */
  listen(): Promise<{ readonly imap?: AddressInfo; readonly imaps?: AddressInfo }> {
    return this.#lines.listen();
  }

  /** Sessions at this moment. */
  get connections(): number {
    return this.#lines.connections;
  }

  /** Sessions hear BYE as soon as their command is done; after `graceMs` they are cut off. */
  close(graceMs: number): Promise<void> {
    return this.#lines.close(graceMs);
  }
}
