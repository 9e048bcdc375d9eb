import type { Authenticator } from '../accounts/authenticator.ts';
import type { Config } from '../config/schema.ts';
import { LineServer, type LineServerParts } from '../lib/line-server.ts';
import type { MailStore } from '../store/types.ts';
import { Pop3Session } from './session.ts';

export interface Pop3ServerParts extends LineServerParts {
  /** Asked for every connection; the ports, when listening begins. */
  readonly config: () => Config['pop3'];
  /** Name of the box. */
  readonly name: () => string;
  readonly store: MailStore;
  readonly authenticator: Authenticator;
}

/** POP3 on its two ports, `pop3` and `pop3s`. */
export class Pop3Server extends LineServer {
  constructor({ config, name, store, authenticator, ...parts }: Pop3ServerParts) {
    const { clock, events } = parts;
    const locks = new Set<string>();
    super({
      ...parts,
      protocol: 'pop3',
      listeners: () => [
        { name: 'pop3', ...config().pop3, tls: false },
        { name: 'pop3s', ...config().pop3s, tls: true },
      ],
      limits: config,
      tooMany: '-ERR [SYS/TEMP] Too many connections\r\n',
      serve: (peer) => {
        const { requireTlsForLogin } = config();
        const services = { store, authenticator, locks, clock, events };
        return new Pop3Session(peer, { name: name(), requireTlsForLogin, ...services }).run();
      },
    });
  }
}
