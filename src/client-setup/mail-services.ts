import { enabledListeners, type Listener } from '../config/listeners.ts';
import type { Config } from '../config/schema.ts';

/** What mail programs connect to. */
export interface MailService {
  readonly protocol: 'imap' | 'pop3' | 'submission';
  /** `tls`: from the first octet (RFC 8314); `starttls`: asked for in the session. */
  readonly security: 'tls' | 'starttls';
  readonly host: string;
  readonly port: number;
}

const services: Readonly<Record<string, Pick<MailService, 'protocol' | 'security'>>> = {
  imaps: { protocol: 'imap', security: 'tls' },
  imap: { protocol: 'imap', security: 'starttls' },
  submissions: { protocol: 'submission', security: 'tls' },
  submission: { protocol: 'submission', security: 'starttls' },
  pop3s: { protocol: 'pop3', security: 'tls' },
  pop3: { protocol: 'pop3', security: 'starttls' },
};

/** Ports that were really taken, by listener, where the settings leave the choice to the system. */
export type Listening = ReadonlyMap<string, number>;

/** What is really served, best first: RFC 8314 §3 prefers TLS from the first octet, and IMAP goes before POP3. */
export function mailServices(config: Config, listening: Listening, host: string): MailService[] {
  const served = servedPorts(config, listening);
  return Object.entries(services).flatMap(([name, service]) => {
    const port = served.get(name);
    return port === undefined ? [] : [{ ...service, host, port }];
  });
}

/** The first of a protocol: what a program is told that takes one only. */
export function bestService(all: readonly MailService[], protocol: MailService['protocol']): MailService | undefined {
  return all.find((one) => one.protocol === protocol);
}

/** Ports by the names of their listeners, without those that are off. */
export function servedPorts(config: Config, listening: Listening): ReadonlyMap<string, number> {
  const port = (listener: Listener): number => listener.port || (listening.get(listener.name) ?? 0);
  const all = enabledListeners(config).map((listener) => [listener.name, port(listener)] as const);
  return new Map(all.filter(([, one]) => one > 0));
}
