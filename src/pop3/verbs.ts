import { readSaslPlain } from '../lib/sasl-plain.ts';
import { byteStuffed } from './byte-stuffing.ts';
import type { DropMessage } from './maildrop.ts';
import { parseNumbers } from './parse.ts';
import { Pop3Error } from './pop3-error.ts';
import type { Pop3Session } from './session.ts';

export type State = 'authorization' | 'transaction';

export interface Verb {
  /** The states in which it is legal. */
  readonly in: readonly State[];
  /** Does it. @returns the text of the answer; undefined when the verb has sent it. @throws Pop3Error */
  readonly run: (session: Pop3Session, argument: string) => Promise<string | undefined>;
  /** Done after the answer is on its way. */
  readonly after?: (session: Pop3Session) => Promise<void>;
}

const authorization = ['authorization'] as const;
const transaction = ['transaction'] as const;
const both = ['authorization', 'transaction'] as const;

/** Every command that is known (RFC 1939, RFC 2449, RFC 2595, RFC 5034). */
export const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>(
  Object.entries({
    CAPA: { in: both, run: capa },
    STLS: { in: authorization, run: stls, after: (session) => session.peer.startTls() },
    USER: { in: authorization, run: user },
    PASS: { in: authorization, run: pass },
    AUTH: { in: authorization, run: auth },
    STAT: { in: transaction, run: stat },
    LIST: {
      in: transaction,
      run: (session, argument) => listing(session, argument, ({ info }) => `${info.sizeBytes}`),
    },
    UIDL: {
      in: transaction,
      run: (session, argument) => listing(session, argument, (message) => session.maildrop.uniqueId(message)),
    },
    RETR: { in: transaction, run: retr },
    TOP: { in: transaction, run: top },
    DELE: { in: transaction, run: dele },
    NOOP: { in: transaction, run: async () => 'Nothing done' },
    RSET: { in: transaction, run: rset },
    QUIT: { in: both, run: quit },
  } satisfies Record<string, Verb>),
);

/** RFC 2449 §5. */
async function capa(session: Pop3Session): Promise<undefined> {
  const login = session.mayLogIn ? ['USER', 'SASL PLAIN'] : [];
  const tls = session.peer.secure ? [] : ['STLS'];
  const features = [
    'TOP',
    'UIDL',
    'RESP-CODES',
    'AUTH-RESP-CODE',
    'PIPELINING',
    'EXPIRE NEVER',
    'IMPLEMENTATION Caselli',
  ];
  await session.send(`+OK Capabilities follow\r\n${[...features, ...login, ...tls].join('\r\n')}\r\n.\r\n`);
}

/** RFC 2595 §4. */
async function stls(session: Pop3Session): Promise<string> {
  if (session.peer.secure) throw new Pop3Error('TLS is in use already');
  session.user = undefined;
  return 'Begin TLS now';
}

async function user(session: Pop3Session, argument: string): Promise<string> {
  session.assertMayLogIn();
  if (argument === '') throw new Pop3Error('A name is needed');
  session.user = argument;
  return 'Now the password';
}

/** Passwords may hold spaces (RFC 1939 §7). */
async function pass(session: Pop3Session, argument: string): Promise<string> {
  const name = session.user;
  session.user = undefined;
  if (name === undefined) throw new Pop3Error('USER comes first');
  return session.logIn(name, argument);
}

/** RFC 5034 with SASL PLAIN; without argument the mechanisms are listed, as old clients expect. */
async function auth(session: Pop3Session, argument: string): Promise<string | undefined> {
  session.assertMayLogIn();
  if (argument === '') {
    await session.send('+OK Mechanisms follow\r\nPLAIN\r\n.\r\n');
    return undefined;
  }
  const [mechanism, initial] = argument.split(' ');
  if (mechanism!.toUpperCase() !== 'PLAIN') throw new Pop3Error('Only AUTH PLAIN is known here');
  if (initial === undefined) {
    await session.send('+ \r\n');
  }
  const response = initial ?? (await session.response());
  if (response === '*') throw new Pop3Error('Cancelled');
  const plain = readSaslPlain(response);
  if (!plain || (plain.authorizationId !== '' && plain.authorizationId !== plain.address)) {
    throw new Pop3Error('That is no PLAIN response', { code: 'AUTH' });
  }
  return session.logIn(plain.address, plain.password);
}

async function stat({ maildrop }: Pop3Session): Promise<string> {
  return `${maildrop.messages().length} ${maildrop.totalBytes}`;
}

/** LIST and UIDL: of one message, or of all. */
async function listing(
  session: Pop3Session,
  argument: string,
  value: (message: DropMessage) => string,
): Promise<string | undefined> {
  const [number] = parseNumbers(argument, 0, 1);
  if (number !== undefined) return `${number} ${value(session.maildrop.message(number))}`;
  await session.send('+OK The list follows\r\n');
  for (const message of session.maildrop.messages()) await session.send(`${message.number} ${value(message)}\r\n`);
  await session.send('.\r\n');
  return undefined;
}

async function retr(session: Pop3Session, argument: string): Promise<undefined> {
  const [number] = parseNumbers(argument, 1, 1);
  const message = session.maildrop.message(number!);
  await sendMessage(session, message, `${message.info.sizeBytes} octets`);
  session.maildrop.retrieved(message);
}

/** RFC 1939 §7: header, empty line and the first lines of the body. */
async function top(session: Pop3Session, argument: string): Promise<undefined> {
  const [number, lines] = parseNumbers(argument, 2, 2);
  await sendMessage(session, session.maildrop.message(number!), 'The top follows', lines);
}

async function sendMessage(session: Pop3Session, message: DropMessage, text: string, lines?: number): Promise<void> {
  const content = await session.maildrop.content(message);
  await session.send(`+OK ${text}\r\n`);
  for await (const chunk of byteStuffed(content, lines)) await session.send(chunk);
}

async function dele(session: Pop3Session, argument: string): Promise<string> {
  const [number] = parseNumbers(argument, 1, 1);
  session.maildrop.delete(session.maildrop.message(number!));
  return 'Deleted';
}

async function rset({ maildrop }: Pop3Session): Promise<string> {
  maildrop.undelete();
  return `${maildrop.messages().length} messages`;
}

/** RFC 1939 §6: only here messages are deleted for good. */
async function quit(session: Pop3Session): Promise<string> {
  session.ending = 'quit';
  if (session.state === 'transaction') {
    await session.maildrop.update();
    session.leave();
  }
  return 'Good bye';
}
