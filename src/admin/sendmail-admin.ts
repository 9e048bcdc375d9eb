import type { Clock } from '../lib/clock.ts';
import { type Content, chunksOf } from '../lib/durable.ts';
import type { IdSource } from '../lib/ids.ts';
import { parseAddressList } from '../mail/address-list.ts';
import { formatField, formatPerson } from '../mail/compose.ts';
import type { EnvelopeRecipient } from '../mail/envelope.ts';
import { Header } from '../mail/header.ts';
import { receivedField } from '../mail/received.ts';
import { type Entrance, SubmitError } from '../queue/types.ts';
import type { Asker, Routing } from '../routing/types.ts';
import { Intake } from '../smtp/intake.ts';
import { completeHeader } from '../smtp/submission-header.ts';
import { AdminError, exitCodes, type Sendmail } from './admin-api.ts';

/** Mail handed in on the machine. */
export interface SendmailAdmin {
  /** Hands a message in as sendmail(8) does. */
  sendmail(what: Sendmail, content: Content): Promise<{ readonly id: string }>;
  /** As `sendmail -t`: the recipients are those of the envelope and those of To, Cc and Bcc; Bcc is dropped. */
  sendmailFromHeader(what: Sendmail, content: Content): Promise<{ readonly id: string }>;
}

export interface SendmailParts {
  readonly entrance: Entrance;
  readonly route: (address: string, asker: Asker) => Routing;
  readonly name: () => string;
  readonly maxMessageBytes: () => number;
  readonly clock: Clock;
  readonly ids: IdSource;
}

/** Who may open the admin socket, or the data, may send to anywhere. */
const asker: Asker = { relay: true, fax: true, source: 'local' };

/** Mail handed in on this box, as sendmail(8) takes it. */
export function sendmailAdmin(parts: SendmailParts): SendmailAdmin {
  return {
    sendmail: (what, content) => handIn(parts, what, content, () => []),
    sendmailFromHeader: (what, content) => handIn(parts, what, content, recipientsOf),
  };
}

async function handIn(
  parts: SendmailParts,
  { envelope, fullName, notify }: Sendmail,
  content: Content,
  fromHeader: (header: Header) => readonly string[],
): Promise<{ readonly id: string }> {
  const { clock, ids, name } = parts;
  const trace = { from: 'a program of this box', by: name(), with: 'local', id: ids(), at: clock.now() };
  let named: readonly string[] = [];
  const intake = new Intake({
    received: receivedField(trace),
    tooLarge: () => taken > parts.maxMessageBytes(),
    complete: (block) => {
      named = fromHeader(Header.parse(block));
      return completeHeader(withSender(block, fullName, envelope.reversePath), {
        at: trace.at,
        id: trace.id,
        name: name(),
      });
    },
  });
  let taken = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunksOf(content)) {
      taken += chunk.length;
      yield chunk;
    }
  };
  const octets = intake.content(counted());
  try {
    const head = await octets.next(); // the header is needed for the recipients
    const recipients = [...envelope.recipients, ...named.map((address) => ({ address, ...(notify && { notify }) }))];
    checkRecipients(parts, recipients);
    return await parts.entrance.submit({
      messageId: trace.id,
      source: 'local',
      envelope: { ...envelope, recipients },
      content: (async function* () {
        if (!head.done) yield head.value;
        yield* octets;
      })(),
    });
  } catch (error) {
    if (intake.refusal) throw new AdminError(exitCodes.data, intake.refusal.message);
    if (error instanceof SubmitError) {
      throw new AdminError(error.permanent ? exitCodes.data : exitCodes.tempFail, error.message);
    }
    throw error;
  }
}

function checkRecipients({ route }: SendmailParts, recipients: readonly EnvelopeRecipient[]): void {
  if (recipients.length === 0) throw new AdminError(exitCodes.usage, 'the message names no recipient');
  const refused = recipients.flatMap(({ address }) => {
    const routing = route(address, asker);
    return routing.kind === 'refused' ? [`${address}: ${routing.text}`] : [];
  });
  if (refused.length > 0) throw new AdminError(exitCodes.noUser, `nothing was sent: ${refused.join('; ')}`);
}

function recipientsOf(header: Header): string[] {
  const entries = ['To', 'Cc', 'Bcc'].flatMap((name) => header.all(name)).flatMap(parseAddressList);
  // The start of a group has no host, a bare name an empty one; the router completes it.
  const addresses = entries.flatMap(({ mailbox, host }) =>
    mailbox && host !== undefined ? [host ? `${mailbox}@${host}` : mailbox] : [],
  );
  return [...new Set(addresses)];
}

/** Adds From when it is missing. */
function withSender(block: Uint8Array, fullName: string, address: string): Uint8Array {
  if (address === '' || Header.parse(block).first('From') !== undefined) return block;
  const person = formatPerson({ address, ...(fullName && { name: fullName }) });
  return Buffer.concat([Buffer.from(formatField('From', person)), block]);
}
