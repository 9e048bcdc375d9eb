import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type BrowserAnswer, type Site, siteOf } from '../accounts/second-factors/passkey-ceremonies.ts';
import { durationText } from '../lib/words.ts';
import type { Login } from './login.ts';
import type { SecondResult, SecondStep } from './second-step.ts';
import type { Session, Sessions } from './sessions.ts';

export interface SessionRoutesParts {
  readonly login: Login;
  readonly second: SecondStep;
  readonly sessions: Sessions;
  readonly name: () => string;
  readonly version: string;
  readonly secure: boolean;
  /** Without a login the port is open to this machine only. */
  readonly guarded: boolean;
  readonly session: (request: FastifyRequest) => Session | undefined;
  readonly lacksSecondFactor: (session: Session) => boolean;
  /** The administrator has reached the box on this address of it. */
  readonly reached: (address: string) => void;
}

type Answer = Readonly<Record<string, unknown>>;

/** Logging in, in one step or two, logging out, and who one is. */
export function sessionRoutes(app: FastifyInstance, parts: SessionRoutesParts): void {
  const { login, second, sessions, name, version, secure, guarded } = parts;
  const told = (session: Session | undefined) => ({
    name: name(),
    version,
    guarded,
    ...(session && {
      account: session.account,
      role: session.role,
      token: session.token,
      lacksSecondFactor: parts.lacksSecondFactor(session),
    }),
  });
  const enter = (
    who: Pick<Session, 'account' | 'role'>,
    how: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply => {
    parts.reached(request.socket.localAddress ?? '');
    // Whoever logs in again in the same browser leaves no other session behind.
    sessions.end(request.headers.cookie, secure);
    const agent = request.headers['user-agent'] ?? '';
    const { session, header } = sessions.begin({ ...who, how, agent, remote: request.ip }, secure);
    return reply.header('Set-Cookie', header).send(told(session));
  };
  const ended = (result: SecondResult, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    switch (result.kind) {
      case 'right':
        return enter(result.who, result.how, request, reply);
      case 'wrong':
        return reply.code(401).send({ error: 'That is not right.' });
      case 'late':
        return reply.code(410).send({ error: 'That took too long; give the password again.' });
      case 'later':
        return later(reply, result.waitMs);
    }
  };
  const post = (path: string, run: (given: Answer, request: FastifyRequest, reply: FastifyReply) => unknown): void => {
    app.post(path, async (request, reply) => {
      if (!isSameOrigin(request.headers)) return foreign(reply);
      const given = request.body;
      return run(typeof given === 'object' && given !== null ? (given as Answer) : {}, request, reply);
    });
  };
  const site = ({ headers }: FastifyRequest): ReturnType<typeof siteOf> => siteOf(originOf(secure, headers.host));

  app.get('/api/session', async (request) => told(parts.session(request)));

  post('/api/login', async ({ account, password }, request, reply) => {
    if (typeof account !== 'string' || typeof password !== 'string')
      return reply.code(400).send({ error: 'A name and a password are needed.' });
    const result = await login.try(account.trim(), password, request.ip);
    if (result.kind === 'wrong') return reply.code(401).send({ error: 'Name or password is wrong.' });
    if (result.kind === 'later') return later(reply, result.waitMs);
    const here = site(request);
    const asked = await second.ask(result.who, 'problem' in here ? undefined : here);
    return asked ? reply.send({ second: asked }) : enter(result.who, 'password', request, reply);
  });

  post('/api/login/code', async ({ ticket, code }, request, reply) => {
    if (typeof ticket !== 'string' || typeof code !== 'string')
      return reply.code(400).send({ error: 'A code is needed.' });
    return ended(await second.code(ticket, code, request.ip), request, reply);
  });

  post('/api/login/passkey/options', async (_given, request, reply) => {
    const here = site(request);
    if ('problem' in here) return reply.code(422).send({ error: here.problem });
    return reply.send(await second.offer(here));
  });

  post('/api/login/passkey', async ({ ticket, answer }, request, reply) => {
    const here = site(request);
    if (typeof ticket !== 'string' || !isAnswer(answer) || 'problem' in here)
      return reply.code(400).send({ error: 'A passkey is needed.' });
    return ended(await second.passkey(ticket, answer, here as Site, request.ip), request, reply);
  });

  post('/api/logout', async (_given, request, reply) =>
    reply.header('Set-Cookie', sessions.end(request.headers.cookie, secure)).send({}),
  );
}

function later(reply: FastifyReply, waitMs: number): FastifyReply {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const wait = durationText(seconds * 1000);
  return reply
    .code(429)
    .header('Retry-After', seconds)
    .send({ error: `There were too many wrong passwords; try again in ${wait}.`, waitSeconds: seconds });
}

function isAnswer(given: unknown): given is BrowserAnswer {
  return typeof given === 'object' && given !== null && 'id' in given && typeof given.id === 'string';
}

/** Where the panel is, as the browser names it. */
export function originOf(secure: boolean, host: string | undefined): string {
  return `${secure ? 'https' : 'http'}://${host ?? ''}`;
}

export function foreign(reply: FastifyReply): FastifyReply {
  return reply.code(403).send({ error: 'This form came from elsewhere.' });
}

export function isSameOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || URL.parse(origin)?.host === host;
}
