import type { ConfigDocument } from './config/schema.ts';
import type { Identity } from './system/identity/identity.ts';

/** The configuration of a box at its first start: the usual ports on all addresses; what is not said is a default. */
export function boxConfig({ hostName }: Identity): ConfigDocument {
  const at = (port: number) => ({ address: '::', port });
  return {
    name: hostName,
    smtp: { smtp: at(25), submission: at(587), submissions: at(465) },
    imap: { imap: at(143), imaps: at(993) },
    pop3: { pop3: at(110), pop3s: at(995) },
    panel: { http: at(80), https: { ...at(443), enabled: true } },
    log: { kept: true },
    system: { lcd: { enabled: true } },
  };
}
