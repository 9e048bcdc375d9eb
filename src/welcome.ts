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
  /** Who gets the faxes that come in. */
  readonly faxReaders: readonly string[];
}): string {
  const at = (name: string): string => {
    const listener = box.listeners[name];
    return listener
      ? `${listener.address.includes(':') ? `[${listener.address}]` : listener.address}:${listener.port}`
      : 'off';
  };
  const panel = box.listeners.http ? `http://${at('http')}/` : 'off';
  const lines = [
    `Caselli ${box.version} is ready: ${box.name}, data in ${box.data}`,
    '',
    `  Panel         ${panel}`,
    `  Send mail     SMTP ${at('submission')} with STARTTLS, or ${at('submissions')} with TLS`,
    `  Read mail     IMAP ${at('imap')} or ${at('imaps')} with TLS, POP3 ${at('pop3')} or ${at('pop3s')} with TLS`,
    `  From outside  SMTP ${at('smtp')}`,
  ];
  if (box.accounts.length > 0) {
    lines.push('', '  People of the demo office:');
    const width = Math.max(...box.accounts.map(({ address }) => address.length));
    for (const { address, password } of box.accounts) lines.push(`    ${address.padEnd(width)}   password ${password}`);
    lines.push('    (one more: npx caselli user add carol@office.test)');
  }
  if (box.exchange) {
    lines.push('', '  Numbers of the simulated telephone exchange (mail to NUMBER@fax to send a fax):');
    const readers = box.faxReaders.length > 0 ? `; its faxes go to ${box.faxReaders.join(', ')}` : '';
    const ownLine = `the box's own line${readers}`;
    for (const { number, station, behaviour } of box.exchange.list()) {
      lines.push(`    ${number}   ${number === box.boxNumber ? ownLine : `${station}: ${behaviour}`}`);
    }
    lines.push('', '  Try, in another terminal, with a PDF of yours:');
    const [sender] = box.accounts;
    if (sender && box.listeners.submission) {
      lines.push(
        `    curl --url smtp://${at('submission')} --user ${sender.address}:${sender.password} \\`,
        `         --mail-from ${sender.address} --mail-rcpt 5550199@fax -H 'From: ${sender.address}' \\`,
        `         -H 'Subject: The plan' -F '=Please see the plan.' -F '=@some.pdf;encoder=base64'`,
      );
    }
    lines.push('    npx caselli exchange received 5550199');
    lines.push(`    npx caselli exchange dial-in --from 5550199 --to ${box.boxNumber} some.pdf`);
    lines.push('    npx caselli doctor');
  }
  return `${lines.join('\n')}\n\nCtrl-C stops it.\n`;
}
