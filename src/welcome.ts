import type { ExchangeControl } from './admin/exchange-admin.ts';
import type { DemoAccount } from './demo.ts';

/** What is printed when the box is ready: what a person can do now. */
export function welcomeText(box: {
  readonly name: string;
  readonly version: string;
  readonly data: string;
  readonly listeners: Readonly<Record<string, { readonly address: string; readonly port: number }>>;
  readonly accounts: readonly DemoAccount[];
  readonly exchange: ExchangeControl | undefined;
  readonly boxNumber: string;
}): string {
  const at = (name: string): string => {
    const listener = box.listeners[name];
    return listener
      ? `${listener.address.includes(':') ? `[${listener.address}]` : listener.address}:${listener.port}`
      : 'off';
  };
  const lines = [
    `Caselli ${box.version} is ready: ${box.name}, data in ${box.data}`,
    '',
    `  Panel         http://${at('http')}/`,
    `  Send mail     SMTP ${at('submission')} with STARTTLS, or ${at('submissions')} with TLS`,
    `  Read mail     IMAP ${at('imap')} or ${at('imaps')} with TLS, POP3 ${at('pop3')} or ${at('pop3s')} with TLS`,
    `  From outside  SMTP ${at('smtp')}`,
  ];
  if (box.accounts.length > 0) {
    lines.push('', '  People of the demo office:');
    for (const { address, password } of box.accounts) lines.push(`    ${address}   password ${password}`);
    lines.push('    (one more: npx caselli user add carol@office.test)');
  }
  if (box.exchange) {
    lines.push('', '  Numbers of the simulated telephone exchange (mail to NUMBER@fax to send a fax):');
    for (const { number, station, behaviour } of box.exchange.list()) {
      lines.push(`    ${number}   ${number === box.boxNumber ? "the box's own line" : `${station}: ${behaviour}`}`);
    }
    lines.push('', '  Try:');
    lines.push(`    npx caselli exchange dial-in --from 5550199 --to ${box.boxNumber} some.pdf`);
    lines.push('    npx caselli exchange received 5550199', '    npx caselli doctor');
  }
  return `${lines.join('\n')}\n\nCtrl-C stops it.\n`;
}
