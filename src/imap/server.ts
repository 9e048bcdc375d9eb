import type { Authenticator } from '../accounts/authenticator.ts';
import type { Config } from '../config/schema.ts';
import { LineServer, type LineServerParts } from '../lib/line-server.ts';
import type { MailStore } from '../store/types.ts';
import { ImapSession } from './session.ts';

export interface ImapServerParts extends LineServerParts {
  /** Asked for every connection; the ports, when listening begins. */
  readonly config: () => Config['imap'];
  /** Name of the box. */
  readonly name: () => string;
  readonly store: MailStore;
  readonly authenticator: Authenticator;
}

/** IMAP on its two ports, `imap` and `imaps`. Sessions hear BYE when it closes. */
export class ImapServer extends LineServer {
  constructor({ config, name, store, authenticator, ...parts }: ImapServerParts) {
    const { clock, events } = parts;
    super({
      ...parts,
      protocol: 'imap',
      listeners: () => [
        { name: 'imap', ...config().imap, tls: false },
        { name: 'imaps', ...config().imaps, tls: true },
      ],
      limits: config,
      tooMany: '* BYE [UNAVAILABLE] Too many connections\r\n',
      serve: (peer) => {
        const { requireTlsForLogin, maxLiteral } = config();
        const services = { store, authenticator, clock, events };
        return new ImapSession(peer, { name: name(), requireTlsForLogin, maxLiteral, ...services }).run();
      },
    });
  }
}
