import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A mail server for tests that says what it is told to say, and keeps what it hears. */
export interface TestHost {
  readonly port: number;
  /** Commands, one a line, of all sessions. */
  readonly commands: string[];
  /** Messages taken or refused after their last dot, dots unstuffed. */
  readonly messages: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

type Verb = 'GREETING' | 'EHLO' | 'HELO' | 'STARTTLS' | 'MAIL' | 'RCPT' | 'DATA' | 'END' | 'QUIT' | 'RSET';
/** A reply; `drop` closes the connection, `silence` says nothing. */
export type Answer = string | ((line: string) => string);

export async function testHost(
  answers: Partial<Record<Verb, Answer>> = {},
  extensions: readonly string[] = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'SIZE 1000000', 'DSN'],
): Promise<TestHost> {
  const commands: string[] = [];
  const messages: string[] = [];
  const sockets = new Set<Socket>();
  const ehlo = ['test.host', ...extensions]
    .map((one, at) => `250${at < extensions.length ? '-' : ' '}${one}`)
    .join('\r\n');
  const usual: Record<Verb, Answer> = {
    GREETING: '220 test.host', EHLO: ehlo, HELO: '250 test.host', STARTTLS: '502 not here', MAIL: '250 2.1.0 ok', RCPT: '250 2.1.5 ok',
    DATA: '354 go', END: '250 2.0.0 taken', QUIT: '221 bye', RSET: '250 ok', ...answers,
  }; // biome-ignore format: a table
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const say = (verb: Verb, line: string): string => {
      const answer = usual[verb];
      const reply = typeof answer === 'string' ? answer : answer(line);
      if (reply === 'drop') socket.destroy();
      else if (reply !== 'silence') socket.write(`${reply}\r\n`);
      return reply;
    };
    let waiting = '';
    let inData = false;
    say('GREETING', '');
    socket.on('data', (chunk) => {
      waiting += chunk.toString('latin1');
      for (;;) {
        const mark = inData ? '\r\n.\r\n' : '\r\n';
        const end = waiting.indexOf(mark);
        if (end < 0) break;
        const piece = Buffer.from(waiting.slice(0, end), 'latin1').toString();
        waiting = waiting.slice(end + mark.length);
        if (inData) {
          inData = false;
          messages.push(`${piece.slice(2).replaceAll(/^\./gm, '')}\r\n`);
          say('END', '');
          continue;
        }
        commands.push(piece);
        const verb = piece.split(/[ :]/)[0]!.toUpperCase() as Verb;
        if (usual[verb] === undefined) {
          socket.write('500 what?\r\n');
          continue;
        }
        const reply = say(verb, piece);
        if (verb === 'DATA' && reply.startsWith('354')) {
          inData = true;
          // So that the dot of an empty message stands on a line of its own, too.
          waiting = `\r\n${waiting}`;
        }
        if (verb === 'QUIT') socket.end();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    messages,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
