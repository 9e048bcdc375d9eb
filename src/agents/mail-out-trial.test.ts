import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { systemClock } from '../lib/clock.ts';
import { issueAlone } from '../system/certificates/own-authority.ts';
import { type TrialParts, tryMailOut, type Way } from './mail-out-trial.ts';
import { testHost } from './test-host.ts';

const absent = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
const parts = (change: Partial<TrialParts> = {}): TrialParts => ({
  resolver: {
    mx: async (domain) => [{ exchange: `mx.${domain}`, priority: 1 }],
    addresses: async (host) => {
      if (host === 'nowhere.test') throw absent;
      return ['127.0.0.1'];
    },
  },
  isSelf: (name) => name === 'mx.own.test',
  random: () => 0.5,
  clock: systemClock,
  helo: 'box.test',
  from: 'postmaster@office.test',
  ...change,
});

const smarthost = (port: number, change: Partial<Way & { kind: 'smarthost' }> = {}): Way => ({
  kind: 'smarthost',
  host: 'smart.test',
  port,
  security: 'none',
  user: '',
  password: '',
  ...change,
});

/** A server of others; takes alice with `right`. */
async function realServer(options: SMTPServerOptions) {
  const server = new SMTPServer({
    disabledCommands: [],
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === 'alice' && password === 'right' ? done(null, { user: username }) : done(new Error('no')),
    onRcptTo: ({ address }, session, done) =>
      session.user || address.endsWith('@office.test')
        ? done()
        : done(Object.assign(new Error('relaying denied'), { responseCode: 550 })),
    ...options,
  });
  server.on('error', () => {});
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

const kinds = ({ steps }: Awaited<ReturnType<typeof tryMailOut>>) => steps.map(({ step, state }) => `${step} ${state}`);

test('a smarthost with encryption, login and passing on: each step is told; nothing is sent', async () => {
  const { server, authority: trusted } = await issueAlone(['smart.test'], Date.now());
  await using host = await realServer({ key: server.key, cert: server.cert });
  const way = smarthost(host.port, { security: 'starttls', user: 'alice', password: 'right' });
  const trial = await tryMailOut(way, 'me@far.test', parts({ trusted }));
  assert.deepEqual(kinds(trial), [
    'name done',
    'connect done',
    'tls done',
    'login done',
    'sender done',
    'recipient done',
  ]);
  assert.deepEqual([trial.works, trial.advice], [true, '']);
});

test('what is wrong with encryption, login and passing on is told apart, with advice, and never the password', async () => {
  const { server, authority: trusted } = await issueAlone(['smart.test'], Date.now());
  await using host = await realServer({ key: server.key, cert: server.cert, authOptional: true });
  await using wrapped = await realServer({ key: server.key, cert: server.cert, secure: true, authOptional: true });
  await using plain = await testHost();
  const login = { user: 'alice', password: 'xyzzy-secret' };
  const cases: readonly (readonly [Way, boolean, string, RegExp])[] = [
    [smarthost(host.port, { security: 'starttls', ...login }), true, 'login', /app password/],
    [smarthost(host.port, { security: 'starttls' }), false, 'tls', /opportunistic/],
    [smarthost(host.port, { security: 'starttls', host: 'other.test' }), true, 'tls', /very name/],
    [smarthost(host.port, { security: 'tls' }), true, 'tls', /“starttls”/],
    [smarthost(wrapped.port, { security: 'tls', ...login }), true, 'login', /app password/],
    [smarthost(plain.port, { security: 'starttls' }), true, 'tls', /Check port and security/],
    [smarthost(host.port, { security: 'starttls' }), true, 'recipient', /name and password/],
    [smarthost(plain.port, { host: 'nowhere.test' }), true, 'name', /letter by letter/],
  ];
  for (const [way, isTrusted, step, advice] of cases) {
    const trial = await tryMailOut(way, 'me@far.test', parts(isTrusted ? { trusted } : {}));
    assert.equal(trial.works, false);
    assert.deepEqual([trial.steps.at(-1)!.step, trial.steps.at(-1)!.state], [step, 'failed'], JSON.stringify(trial));
    assert.match(trial.advice, advice);
    assert.doesNotMatch(JSON.stringify(trial), /xyzzy|eHl6enk/);
  }
});

test('a port where nobody listens, and a host that says nothing', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const closed = await tryMailOut(smarthost(port), '', parts());
  assert.deepEqual(kinds(closed), ['name done', 'connect failed']);
  const direct = await tryMailOut({ kind: 'direct', port }, 'me@far.test', parts());
  assert.match(direct.advice, /port 25 closed: ask your provider/);
  await using dropping = await testHost({ GREETING: 'drop' });
  assert.deepEqual(kinds(await tryMailOut(smarthost(dropping.port), '', parts())).at(-1), 'greeting failed');
  // Whatever the clock is asked for ends at once.
  await using silent = await testHost({ EHLO: 'silence' });
  const hasty = { now: () => Date.now(), timer: (ms: number, run: () => void) => systemClock.timer(ms / 100, run) };
  const slow = await tryMailOut(smarthost(silent.port), '', parts({ clock: hasty }));
  assert.equal(slow.works, false);
});

test('directly: the servers of the domain are asked whether they would take mail', async () => {
  const answers: readonly (readonly [string, string])[] = [
    ['250 ok', 'recipient done'],
    ['450 4.7.1 greylisted', 'recipient note'],
    ['554 5.7.1 your address is on a list', 'recipient failed'],
  ];
  for (const [reply, last] of answers) {
    await using host = await testHost({ RCPT: reply });
    const trial = await tryMailOut({ kind: 'direct', port: host.port }, 'me@far.test', parts());
    assert.equal(kinds(trial).at(-1), last);
    assert.deepEqual(host.commands.slice(0, 4), [
      'EHLO box.test',
      'MAIL FROM:<postmaster@office.test>',
      'RCPT TO:<me@far.test>',
      'RSET',
    ]);
    assert.deepEqual(host.messages, []);
    assert.equal(trial.steps.find(({ step }) => step === 'tls')!.state, 'note');
  }
  await using refusing = await testHost({ MAIL: '550 5.7.1 no name in the DNS' });
  assert.equal(
    kinds(await tryMailOut({ kind: 'direct', port: refusing.port }, 'me@far.test', parts())).at(-1),
    'sender failed',
  );
  await using dropping = await testHost({ RCPT: 'drop' });
  assert.equal((await tryMailOut({ kind: 'direct', port: dropping.port }, 'me@far.test', parts())).works, false);
  const own = await tryMailOut({ kind: 'direct', port: 1 }, 'me@own.test', parts());
  assert.match(own.advice, /another office/);
});
