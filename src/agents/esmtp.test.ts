import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { type Config, readConfig } from '../config/schema.ts';
import { systemClock } from '../lib/clock.ts';
import type { DeliveryJob, JobRecipient, Outcome, QueuedMessage } from '../queue/types.ts';
import { issueAlone } from '../system/certificates/own-authority.ts';
import { EsmtpAgent } from './esmtp.ts';
import type { Resolver } from './resolver.ts';
import { readReply } from './smtp-reply.ts';
import { type Answer, testHost } from './test-host.ts';

const content = 'Subject: Hi\r\n\r\n.dot\r\n..two\r\nend\r\n';

function outbound(document: object): Config['outbound'] {
  const reading = readConfig({
    outbound: { connectTimeout: '2s', greetingTimeout: '2s', commandTimeout: '2s', ...document },
  });
  assert.ok(reading.kind === 'valid', JSON.stringify(reading));
  return reading.config.outbound;
}

const dns: Resolver = {
  mx: async (domain) =>
    domain === 'two.test'
      ? [
          { exchange: 'down.test', priority: 1 },
          { exchange: 'up.test', priority: 2 },
        ]
      : [{ exchange: `mx.${domain}`, priority: 1 }],
  // Nobody listens at that address of the loopback network.
  addresses: async (host) => [host === 'down.test' ? '127.0.0.77' : '127.0.0.1'],
};

function agent(port: number, document: object = {}, trusted?: string): EsmtpAgent {
  return new EsmtpAgent({
    settings: () => ({ name: 'box.test', outbound: outbound({ port, ...document }) }),
    clock: systemClock,
    resolver: dns,
    isSelf: () => false,
    random: () => 0.5,
    ...(trusted === undefined ? {} : { trusted }),
  });
}

function job(
  recipients: readonly (string | Partial<JobRecipient>)[],
  message: Partial<QueuedMessage> = {},
  text = content,
): DeliveryJob {
  return {
    message: {
      id: 'm1', source: 'esmtp', reversePath: 'alice@office.test', smtputf8: false, sizeBytes: text.length, acceptedAt: 0, generation: 0, ...message,
    }, // biome-ignore format: plain data
    recipients: recipients.map((one, index) => {
      const given = typeof one === 'string' ? { address: one } : one;
      const address = given.address ?? `r${index}@far.test`;
      return {
        id: `id${index}`,
        attempt: 1,
        route: { agent: 'esmtp', domain: address.split('@')[1]! },
        ...given,
        address,
      };
    }),
    async *content() {
      yield Buffer.from(text);
    },
  };
}

async function deliver(port: number, what: DeliveryJob, document: object = {}): Promise<Outcome[]> {
  const results = await agent(port, document).deliver(what, new AbortController().signal);
  assert.deepEqual(
    results.map((one) => one.recipient),
    what.recipients.map((one) => one.id),
  );
  return results.map((one) => one.outcome);
}

const short = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((one) => `${one.kind}${one.kind === 'delivered' ? ` ${one.action}` : ''} ${one.status}`);

test('a message crosses with its dots, and each recipient has its own result', async () => {
  const answer: Answer = (line) =>
    line.includes('<bad@') ? '550 5.1.1 no such user' : line.includes('<later@') ? '450 mailbox busy' : '250 ok';
  await using host = await testHost({ RCPT: answer });
  const outcomes = await deliver(host.port, job(['good@far.test', 'bad@far.test', 'later@far.test']));
  assert.deepEqual(short(outcomes), ['delivered delivered 2.0.0', 'failed 5.1.1', 'deferred 4.2.1']);
  assert.deepEqual(host.messages, [content]);
  assert.equal(outcomes[1]!.diagnostic, 'smtp; 550 5.1.1 no such user');
  assert.equal(outcomes[1]!.remoteMta, 'dns; mx.far.test');
  assert.match(outcomes[1]!.text, /mx\.far\.test.* refused this address\.$/);
});

test('DSN parameters go on by recipient where they are understood', async () => {
  await using host = await testHost();
  const recipients = [
    {
      address: 'a@far.test',
      notify: { success: true, failure: true, delay: false },
      originalRecipient: 'rfc822;A+b@office.test',
    },
    { address: 'b@far.test', notify: { success: false, failure: false, delay: false } },
    { address: 'c@far.test' },
  ];
  const outcomes = await deliver(host.port, job(recipients, { ret: 'headers', envelopeId: 'QQ=1' }));
  assert.deepEqual(short(outcomes), Array(3).fill('delivered delivered 2.0.0'));
  assert.deepEqual(host.commands.slice(0, 6), [
    'EHLO box.test',
    `MAIL FROM:<alice@office.test> BODY=8BITMIME SIZE=${content.length} RET=HDRS ENVID=QQ+3D1`,
    'RCPT TO:<a@far.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;A+2Bb@office.test',
    'RCPT TO:<b@far.test> NOTIFY=NEVER',
    'RCPT TO:<c@far.test>',
    'DATA',
  ]);
});

test('without DSN the result is relayed, and who wants silence gets the null reverse-path', async () => {
  await using host = await testHost({}, ['8BITMIME']);
  const outcomes = await deliver(
    host.port,
    job(
      [
        { notify: { success: true, failure: true, delay: true } },
        { notify: { success: false, failure: false, delay: false } },
      ],
      { ret: 'full' },
    ),
  );
  assert.deepEqual(short(outcomes), Array(2).fill('delivered relayed 2.0.0'));
  assert.deepEqual(
    host.commands.filter((one) => /^(MAIL|RCPT)/.test(one)),
    [
      'MAIL FROM:<alice@office.test> BODY=8BITMIME',
      'RCPT TO:<r0@far.test>',
      'MAIL FROM:<> BODY=8BITMIME',
      'RCPT TO:<r1@far.test>',
    ],
  );
});

test('addresses and headers in UTF-8', async () => {
  await using able = await testHost();
  const outcomes = await deliver(
    able.port,
    job(['jürgen@far.test', 'x@bücher.test'], { smtputf8: true, reversePath: 'j@bücher.test' }),
  );
  assert.deepEqual(short(outcomes), Array(2).fill('delivered delivered 2.0.0'));
  assert.match(able.commands[1]!, /^MAIL FROM:<j@xn--bcher-kva\.test> SMTPUTF8 /);
  assert.deepEqual(able.commands.slice(2, 4), ['RCPT TO:<jürgen@far.test>', 'RCPT TO:<x@xn--bcher-kva.test>']);
  const header = 'Subject: Größe\r\n\r\nx\r\n';
  await deliver(able.port, job(['a@far.test'], { smtputf8: true }, header));
  assert.match(
    able.commands.filter((one) => one.startsWith('MAIL')).at(-1)!,
    /^MAIL FROM:<alice@office\.test> BODY=8BITMIME .*SMTPUTF8$/,
  );

  await using unable = await testHost({}, ['8BITMIME', 'DSN']);
  assert.deepEqual(short(await deliver(unable.port, job(['jürgen@far.test', 'x@bücher.test'], { smtputf8: true }))), [
    'failed 5.6.7',
    'delivered delivered 2.0.0',
  ]);
  assert.deepEqual(short(await deliver(unable.port, job(['a@far.test'], { smtputf8: true }, header))), [
    'failed 5.6.7',
  ]);
});

test('what a host can say, and what it means', async () => {
  const cases: readonly [Parameters<typeof testHost>[0], string][] = [
    [{ GREETING: '554 go away' }, 'failed 5.3.2'],
    [{ GREETING: '421 too busy' }, 'deferred 4.4.2'],
    [{ GREETING: 'drop' }, 'deferred 4.4.2'],
    [{ EHLO: 'drop' }, 'deferred 4.4.2'],
    [{ MAIL: '550 5.7.1 not you' }, 'failed 5.7.1'],
    [{ MAIL: '451 later' }, 'deferred 4.3.0'],
    [{ RCPT: '550 no' }, 'failed 5.1.1'],
    [{ RCPT: '452 4.2.2 full' }, 'deferred 4.2.2'],
    [{ RCPT: '550 4.7.1 contradiction' }, 'failed 5.1.1'],
    [{ DATA: '554 no' }, 'failed 5.0.0'],
    [{ DATA: '421 shutting down' }, 'deferred 4.3.2'],
    [{ DATA: 'drop' }, 'deferred 4.4.2'],
    [{ END: '550-5.6.0 bad\r\n550 5.6.0 content' }, 'failed 5.6.0'],
    [{ END: '452 full' }, 'deferred 4.3.1'],
    [{ END: 'drop' }, 'deferred 4.4.2'],
    [{ END: 'nonsense' }, 'deferred 4.0.0'],
    [{ EHLO: '500 what?' }, 'delivered relayed 2.0.0'],
  ];
  for (const [answers, expected] of cases) {
    await using host = await testHost(answers);
    assert.deepEqual(short(await deliver(host.port, job(['a@far.test']))), [expected], JSON.stringify(answers));
  }
  assert.equal(readReply('550-5.6.0 bad\r\n550 5.6.0 content', 'data').text, '550-5.6.0 bad content');
});

test('a message larger than the host takes is not sent', async () => {
  await using host = await testHost({}, ['SIZE 10']);
  assert.deepEqual(short(await deliver(host.port, job(['a@far.test']))), ['failed 5.3.4']);
  assert.deepEqual(host.messages, []);
});

test('a host that does not answer leads to the next one; none that answers defers', async () => {
  await using host = await testHost();
  assert.deepEqual(short(await deliver(host.port, job(['a@two.test']))), ['delivered delivered 2.0.0']);
  const { port } = host;
  await host[Symbol.asyncDispose]();
  assert.deepEqual(short(await deliver(port, job(['a@far.test']))), ['deferred 4.4.1']);
});

test('content that breaks off is never taken for whole', async () => {
  await using host = await testHost();
  const broken: DeliveryJob = {
    ...job(['a@far.test']),
    async *content() {
      yield Buffer.from(content);
      throw new Error('disk');
    },
  };
  await assert.rejects(agent(host.port).deliver(broken, new AbortController().signal), /disk/);
  assert.deepEqual(host.messages, []);
});

test('an abort ends the attempt at once', async () => {
  const stop = new AbortController();
  await using host = await testHost({
    END: () => {
      stop.abort(new Error('stopping'));
      return 'silence';
    },
  });
  await assert.rejects(agent(host.port).deliver(job(['a@far.test']), stop.signal), /stopping/);
  await assert.rejects(agent(host.port).deliver(job(['a@far.test']), stop.signal), /stopping/);
});

test('an abort between two transactions keeps what the host took in the first', async () => {
  const stop = new AbortController();
  await using host = await testHost(
    {
      MAIL: (line) => {
        if (!line.startsWith('MAIL FROM:<>')) return '250 ok';
        stop.abort(new Error('stopping'));
        return 'silence';
      },
    },
    [],
  );
  const silent = { notify: { success: false, failure: false, delay: false } };
  const results = await agent(host.port).deliver(job(['a@far.test', silent]), stop.signal);
  assert.deepEqual(
    results.map(({ recipient, outcome }) => [recipient, outcome.kind]),
    [['id0', 'delivered']],
  );
});

test('a silent host runs into the time limits', async () => {
  await using quiet = await testHost({ GREETING: 'silence' });
  assert.deepEqual(short(await deliver(quiet.port, job(['a@far.test']), { greetingTimeout: '1s' })), [
    'deferred 4.4.2',
  ]);
});

interface Taken {
  readonly session: SMTPServerSession;
  readonly text: string;
}

/** A real server: smtp-server with its own certificate, which nobody trusts. */
async function realHost(options: SMTPServerOptions): Promise<{ port: number; taken: Taken[] } & AsyncDisposable> {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    disableReverseLookup: true,
    hideDSN: false,
    logger: false,
    onData(stream, session, done) {
      buffer(stream).then((bytes) => {
        taken.push({
          session: { ...session },
          text: bytes.toString(),
        });
        done(null);
      }, done);
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

test('by MX any TLS is better than none; a smarthost must show a certificate that holds', async () => {
  await using host = await realHost({ authOptional: true });
  assert.deepEqual(short(await deliver(host.port, job(['a@far.test']))), ['delivered delivered 2.0.0']);
  assert.equal(host.taken[0]!.session.secure, true);
  assert.equal(host.taken[0]!.text, content);
  const smarthost = { host: 'smart.test', port: host.port };
  assert.deepEqual(short(await deliver(1, job(['a@far.test']), { smarthost })), ['deferred 4.7.5']);
  assert.equal(host.taken.length, 1);
});

test('a smarthost whose certificate holds for its name is used, by STARTTLS and by TLS', async () => {
  const { server, authority } = await issueAlone(['smart.test'], Date.now());
  const { key, cert } = server;
  for (const security of ['starttls', 'tls'] as const) {
    await using host = await realHost({ authOptional: true, key, cert, secure: security === 'tls' });
    const send = async (name: string): Promise<string[]> => {
      const sender = agent(1, { smarthost: { host: name, port: host.port, security } }, authority);
      const results = await sender.deliver(job(['a@far.test']), new AbortController().signal);
      return short(results.map((one) => one.outcome));
    };
    assert.deepEqual(await send('smart.test'), ['delivered delivered 2.0.0']);
    assert.equal(host.taken[0]!.session.secure, true);
    assert.deepEqual(await send('other.test'), ['deferred 4.7.5']);
    assert.equal(host.taken.length, 1);
  }
});

test('a host that fails at the STARTTLS it offers is used in clear by MX, and not as a smarthost', async () => {
  await using host = await testHost({ STARTTLS: 'drop' }, ['STARTTLS', 'DSN']);
  assert.deepEqual(short(await deliver(host.port, job(['a@far.test']), { greetingTimeout: '1s' })), [
    'delivered delivered 2.0.0',
  ]);
  await using without = await testHost();
  const smarthost = { host: 'smart.test', port: without.port };
  const [outcome] = await deliver(1, job(['a@far.test']), { smarthost: { ...smarthost, security: 'starttls' } });
  assert.equal(outcome!.kind, 'deferred');
  assert.deepEqual(without.messages, []);
});

test('login at a smarthost; a wrong password defers, since it can be corrected', async () => {
  await using host = await realHost({
    onAuth: ({ username, password }, _, done) =>
      password === 'right' ? done(null, { user: username ?? '' }) : done(new Error('Invalid username or password')),
  });
  const smarthost = {
    host: 'smart.test',
    port: host.port,
    security: 'opportunistic',
    user: 'office',
    password: 'right',
  };
  assert.deepEqual(
    short(await deliver(1, job(['a@far.test', 'b@two.test']), { smarthost })),
    Array(2).fill('delivered delivered 2.0.0'),
  );
  assert.equal(host.taken[0]!.session.user, 'office');
  assert.deepEqual(short(await deliver(1, job(['a@far.test']), { smarthost: { ...smarthost, password: 'wrong' } })), [
    'deferred 4.7.0',
  ]);
  await using disturbed = await testHost({ STARTTLS: 'drop' }, ['STARTTLS', 'AUTH PLAIN']);
  assert.deepEqual(
    short(await deliver(1, job(['a@far.test']), { smarthost: { ...smarthost, port: disturbed.port } })),
    ['deferred 4.7.5'],
  );
  assert.doesNotMatch(disturbed.commands.join('\n'), /AUTH/);
});
