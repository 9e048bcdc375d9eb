import type { Config } from './schema.ts';

/** A port of the settings that is served. */
export interface Listener {
  /** The last word of the setting; no two are the same. */
  readonly name: string;
  /** As `config set` names it: `smtp.submission`. */
  readonly setting: string;
  readonly address: string;
  /** 0: the system chooses one when listening begins. */
  readonly port: number;
  /** Whether TLS begins with the first octet (RFC 8314, section 3). */
  readonly tls: boolean;
}

/** Every port that the settings enable. */
export function enabledListeners({ smtp, imap, pop3, panel }: Config): Listener[] {
  const plain = {
    smtp: { smtp: smtp.smtp, submission: smtp.submission },
    imap: { imap: imap.imap },
    pop3: { pop3: pop3.pop3 },
    panel: { http: panel.http },
  };
  const tls = {
    smtp: { submissions: smtp.submissions },
    imap: { imaps: imap.imaps },
    pop3: { pop3s: pop3.pop3s },
    panel: { https: panel.https },
  };
  return [...listenersIn(plain, false), ...listenersIn(tls, true)];
}

type Settings = Readonly<Record<string, { enabled: boolean; address: string; port: number }>>;

function listenersIn(sections: Readonly<Record<string, Settings>>, tls: boolean): Listener[] {
  return Object.entries(sections).flatMap(([section, settings]) =>
    Object.entries(settings).flatMap(([name, { enabled, address, port }]) =>
      enabled ? [{ name, setting: `${section}.${name}`, address, port, tls }] : [],
    ),
  );
}

/** Where the servers listen, by name; without those whose port the system chooses. */
export function knownPlaces(config: Config): Readonly<Record<string, Listener>> {
  const known = enabledListeners(config).filter(({ port }) => port !== 0);
  return Object.fromEntries(known.map((listener) => [listener.name, listener]));
}
