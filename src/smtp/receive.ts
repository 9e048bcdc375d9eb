import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { Envelope } from '../mail/envelope.ts';
import { receivedField, transmissionType } from '../mail/received.ts';
import type { Accepted, Entrance } from '../queue/types.ts';
import type { Client, Login } from './client.ts';
import type { ReadPath } from './connection.ts';
import { type FutureRelease, mailParameters, rcptParameters } from './esmtp-parameters.ts';
import { Intake } from './intake.ts';
import { completeHeader } from './submission-header.ts';

/** A message that is far over the limit is not listened to until its end. */
const drainFactor = 2;

/** One DATA: from the client's octets to a message that the queue answers for. */
export interface Reception {
  readonly stream: SMTPServerDataStream;
  readonly session: SMTPServerSession;
  readonly client: Client;
  /** Is the header to be set right, as for a mail program's message? */
  readonly submission: boolean;
  /** Where mail to be sent later is taken. */
  readonly future: FutureRelease | undefined;
  readonly id: string;
  readonly name: string;
  readonly config: Config['smtp'];
  readonly clock: Clock;
  readonly entrance: Entrance;
  /** Called when the client has sent far more than it may and goes on. */
  readonly flooded: () => void;
}

/**
 * Resolves when the message is on stable storage. The stream is read to its end in any case, so that the reply stands
 * after the message, unless the client sends far more than it may.
 * @throws SmtpError when the message is refused, SubmitError when the queue does not take it, what else may go wrong
 */
export async function receive(reception: Reception): Promise<Accepted> {
  const { stream, session, client, submission, id, name, clock, entrance } = reception;
  const at = clock.now();
  const intake = new Intake({
    received: traceField(reception, at),
    tooLarge: () => stream.sizeExceeded,
    ...(submission ? { complete: (header: Uint8Array) => completeHeader(header, { at, id, name }) } : {}),
  });
  try {
    return await entrance.submit({
      messageId: id,
      source: 'esmtp',
      envelope: envelopeOf(session),
      ...holdOf(reception),
      ...(client.account ? { account: client.account.address } : {}),
      client: { remote: client.remote, session: session.id, tls: tlsText(session) },
      content: intake.content(stream.iterator({ destroyOnReturn: false })),
    });
  } catch (error) {
    throw intake.refusal ?? error;
  } finally {
    drain(stream, reception.config.maxMessageSize * drainFactor, reception.flooded);
  }
}

function drain(stream: SMTPServerDataStream, mostBytes: number, flooded: () => void): void {
  if (!stream.readable) return;
  stream.on('data', () => {
    if (stream.byteLength > mostBytes) flooded();
  });
  stream.resume();
}

/** A time that came too late for its limit is the queue's to judge: the client was told that it is taken. */
function holdOf({ session, future }: Reception): { readonly notBefore?: number } {
  const { argument, readAt = 0 } = session.envelope.mailFrom as ReadPath;
  const { notBefore } = mailParameters(argument, future && { ...future, now: readAt });
  return notBefore === undefined ? {} : { notBefore };
}

function envelopeOf(session: SMTPServerSession): Envelope {
  const sender = session.envelope.mailFrom as ReadPath;
  const { ret, envelopeId, smtputf8 } = mailParameters(sender.argument, { now: 0, mostMs: Number.POSITIVE_INFINITY });
  return {
    reversePath: sender.address,
    recipients: session.envelope.rcptTo.map((path) => ({
      address: path.address,
      ...rcptParameters((path as ReadPath).argument),
    })),
    ...(ret ? { ret } : {}),
    ...(envelopeId ? { envelopeId } : {}),
    ...(smtputf8 ? { smtputf8 } : {}),
  };
}

function traceField({ session, client, id, name }: Reception, at: number): string {
  const login = client.account && (session.user as Login);
  const tls = tlsText(session);
  return receivedField({
    from: session.hostNameAppearsAs,
    address: client.remote,
    ...(login ? { auth: { mechanism: login.mechanism, account: login.account.address } } : {}),
    ...(tls ? { tls: `TLS: ${tls}` } : {}),
    by: name,
    with: transmissionType({
      extended: session.openingCommand === 'EHLO',
      tls: session.secure,
      auth: login !== undefined,
      utf8: session.envelope.smtpUtf8 === true,
    }),
    id,
    at,
  });
}

/** Version and cipher; empty without TLS. */
function tlsText({ tlsOptions: cipher }: SMTPServerSession): string {
  return cipher ? `${cipher.version}, ${cipher.name}` : '';
}
