import { escapeMarkup } from '../lib/markup.ts';
import { type ClientFacts, mainServices } from './facts.ts';
import type { MailService } from './mail-services.ts';

/** Outlook's question and answer, as [MS-OXDSCLI] has them ("plain old XML"); Exchange is not spoken here. */

const responseSchema = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006';
const outlookSchema = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a';

/** The address that is asked for ([MS-OXDSCLI] §2.2.3.1.1). @returns undefined when the question names none */
export function askedAddress(xml: string): string | undefined {
  const text = /<(?:\w+:)?EMailAddress\s*>\s*([^<]{3,320}?)\s*</i.exec(xml)?.[1];
  return text?.replaceAll('&amp;', '&').replaceAll('&apos;', "'");
}

/** @returns undefined where the box serves no mailboxes or takes no mail from programs */
export function autodiscoverXml(facts: ClientFacts): string | undefined {
  const main = mainServices(facts);
  if (!main) return undefined;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Autodiscover xmlns="${responseSchema}">
  <Response xmlns="${outlookSchema}">
    <User>
      <DisplayName>${escapeMarkup(facts.fullName || facts.address)}</DisplayName>
    </User>
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>
${protocolElement(main.incoming, facts.address)}${protocolElement(main.outgoing, facts.address)}    </Account>
  </Response>
</Autodiscover>
`;
}

function protocolElement({ protocol, security, host, port }: MailService, address: string): string {
  const isOut = protocol === 'submission';
  return `      <Protocol>
        <Type>${isOut ? 'SMTP' : protocol.toUpperCase()}</Type>
        <Server>${escapeMarkup(host)}</Server>
        <Port>${port}</Port>
        <DomainRequired>off</DomainRequired>
        <LoginName>${escapeMarkup(address)}</LoginName>
        <SPA>off</SPA>
        <SSL>on</SSL>
        <Encryption>${security === 'tls' ? 'SSL' : 'TLS'}</Encryption>
        <AuthRequired>on</AuthRequired>
${isOut ? '        <UsePOPAuth>off</UsePOPAuth>\n        <SMTPLast>off</SMTPLast>\n' : ''}      </Protocol>
`;
}

/** [MS-OXDSCLI] §2.2.4.1.1.1: 600 is a question that cannot be read, 601 one for an address that is not served here. */
export function autodiscoverError(code: 600 | 601, now: Date): string {
  const message = code === 600 ? 'Invalid Request' : 'Provider is not available';
  return `<?xml version="1.0" encoding="UTF-8"?>
<Autodiscover xmlns="${responseSchema}">
  <Response>
    <Error Time="${now.toISOString().slice(11, 23)}" Id="0">
      <ErrorCode>${code}</ErrorCode>
      <Message>${message}</Message>
      <DebugData />
    </Error>
  </Response>
</Autodiscover>
`;
}
