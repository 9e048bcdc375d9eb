import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import type { FactorStore, Factors } from '../accounts/second-factors/factors.ts';
import { PasskeyCeremonies } from '../accounts/second-factors/passkey-ceremonies.ts';
import { SecondFactors } from '../accounts/second-factors/second-factors.ts';
import { type AdminApi, AdminError, exitCodes } from '../admin/admin-api.ts';
import { secondFactorAdmin } from '../admin/second-factor-admin.ts';
import { sessionAdmin } from '../admin/session-admin.ts';
import type { MailService } from '../client-setup/mail-services.ts';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { Tls } from '../system/tls.ts';
import type { Role } from './api/operation.ts';
import { operations } from './api/operations.ts';
import { Login } from './login.ts';
import { Metrics } from './metrics.ts';
import { PanelServer } from './panel-server.ts';
import { Reach } from './reach.ts';
import { SecondStep } from './second-step.ts';
import { Sessions } from './sessions.ts';

const calls = [
  {
    id: 'c1',
    at: '2026-01-05T09:00:00.000Z',
    line: 'line1',
    direction: 'out',
    number: '5550199',
    station: '<b>OFFICE</b>',
    pages: 3,
    result: 'done',
    text: '3 pages were sent.',
    durationSeconds: 48,
  },
];

const loopback = { enabled: true, address: '127.0.0.1', port: 0 };
const off = { enabled: false, address: '127.0.0.1', port: 0 };
const password = 'wxyz-2345-abcd';

function memoryFactors(): FactorStore {
  const kept = new Map<string, Factors>();
  return {
    read: (account) => kept.get(account),
    all: () => [...kept],
    write: async (account, factors) => void (factors ? kept.set(account, factors) : kept.delete(account)),
  };
}

function secondFactorAdminOf(factors: SecondFactors, passkeys: PasskeyCeremonies) {
  return secondFactorAdmin({
    factors,
    passkeys,
    confirm: async (_account, given) => (given.endsWith('-password') ? { kind: 'right' } : { kind: 'wrong' }),
    name: () => 'box.office.test',
    addressOf: (name) => name,
  });
}

interface Setting {
  readonly http?: typeof loopback;
  readonly https?: typeof loopback;
  readonly ready?: () => boolean;
}

const mailbox = (host: string): MailService[] => [
  { protocol: 'imap', security: 'tls', host, port: 993 },
  { protocol: 'submission', security: 'starttls', host, port: 587 },
];

async function panel(
  context: TestContext,
  { http: plain = loopback, https: secure = off, ready = () => true }: Setting = {},
) {
  const clock = new ManualClock();
  const folder = await mkdtemp(join(tmpdir(), 'caselli-panel-'));
  const tls = await Tls.open({ folder, names: () => ['box.office.test'], clock });
  const generation = { now: 0 };
  const loginLimit = { attempts: 3, window: 60_000 };
  /** People who are disabled, or no more. */
  const gone = new Set<string>();
  const required: { from: Role | undefined } = { from: undefined };
  const reach = { reach: 'lan' as 'lan' | 'networks' | 'everywhere', networks: [] as string[] };
  const reached: string[] = [];
  const events = new EventBus(systemClock);
  const asked: unknown[] = [];
  const admin = {
    faxLines: async () => [],
    queueList: async (filter: unknown) => {
      asked.push(filter);
      return [];
    },
    faxCalls: async () => calls,
    queueHold: async ({ id }: { id: string }) => {
      if (id === 'none') throw new AdminError(exitCodes.noInput, 'there is no message none in the queue');
      asked.push(['hold', id]);
    },
    userRemove: async (who: unknown) => void asked.push(who),
    updateInstall: async (what: unknown, content: AsyncIterable<Uint8Array>) => {
      let octets = 0;
      for await (const chunk of content) octets += chunk.length;
      asked.push([what, octets]);
      return { version: '2.0.0' };
    },
    systemSupport: async (_what: object, output: (chunk: Uint8Array) => Promise<void> | void) => {
      if (asked.includes('no support')) throw new AdminError(exitCodes.tempFail, 'not now');
      for (let n = 0; n < 100; n++) await output(Buffer.alloc(50_000, n));
      return { files: [], sizeBytes: 5_000_000 };
    },
    certificateSet: async (_what: unknown, content: AsyncIterable<Uint8Array>) => {
      for await (const chunk of content)
        throw new AdminError(exitCodes.data, `${chunk.length} octets and no certificate in them`);
    },
    doctor: async () => [
      { id: 'a', level: 'ok', sentence: 'Well.', advice: '' },
      { id: 'b', level: 'wrong', sentence: 'The disk is full.', advice: 'Make room.' },
    ],
  } as unknown as AdminApi;
  const metrics = new Metrics(events, {
    queued: async () => ({ messages: 2, recipients: 3 }),
    linesAtFault: async () => 1,
    diskFreeBytes: async () => 1000,
  });
  const login = new Login({
    check: async (given) => given === password,
    people: {
      authenticate: async (name, given) =>
        given === `${name}-password`
          ? { kind: 'accepted', account: { address: name, fullName: '', fax: false, disabled: false } }
          : { kind: 'refused' },
    },
    config: () => ({ loginLimit, panel: { administrators: ['anna@office.test'], operators: ['otto@office.test'] } }),
    clock,
    events,
    ids: idSource(clock),
  });
  const standing = (account: string) => (gone.has(account) ? undefined : login.roleOf(account));
  const factors = new SecondFactors({ store: memoryFactors(), clock, events, random: randomBytes });
  const passkeys = new PasskeyCeremonies(factors, clock, randomBytes);
  const limit = () => loginLimit;
  const sessions = new Sessions({
    clock,
    events,
    standing,
    generation: () => generation.now,
    limits: () => ({ sessionIdle: 2 * 3_600_000, sessionLength: 12 * 3_600_000 }),
  });
  const server = new PanelServer({
    config: { http: plain, https: secure },
    name: () => 'box.office.test',
    version: '1.2.3',
    admin,
    metrics,
    events,
    clock,
    otherNames: () => ['caselli-1a2b.local'],
    login,
    second: new SecondStep({ factors, passkeys, standing, limit, clock, events, random: randomBytes }),
    sessions,
    reach: new Reach({ settings: () => reach, clock, events, ownNetworks: () => [] }),
    hasSecondFactor: (account) => factors.has(account),
    secondFactorFrom: () => required.from,
    pair: () => tls.pair(),
    clients: {
      facts: (address, reachedBy) =>
        address.endsWith('@office.test')
          ? { address, domain: 'office.test', fullName: '', title: 'Office', services: mailbox(reachedBy) }
          : undefined,
      authority: () => undefined,
      now: () => new Date(clock.now()),
    },
    open: { authority: () => tls.authority().cert, acmeAnswer: (token) => (token === 't1' ? 't1.key' : undefined) },
    ready: async () => ready(),
    reached: (address) => reached.push(address),
  });
  Object.assign(admin, sessionAdmin(sessions), secondFactorAdminOf(factors, passkeys));
  const { http, https } = await server.listen();
  context.after(async () => {
    metrics.close();
    await server.close();
    tls.close();
    await rm(folder, { recursive: true });
    assert.equal(clock.pending, 0);
  });
  return {
    factors,
    sessions,
    gone,
    required,
    reach,
    events,
    asked,
    port: http?.port ?? 0,
    securePort: https?.port ?? 0,
    clock,
    generation,
    reached,
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

/** A browser's request, over TLS or without. */
async function browse(
  port: number,
  path: string,
  more: {
    readonly cookie?: string;
    readonly token?: string;
    readonly json?: unknown;
    readonly octets?: Uint8Array;
    readonly form?: string;
    readonly tls?: boolean;
    readonly origin?: string;
    readonly host?: string;
    readonly gzip?: boolean;
  } = {},
): Promise<Answer> {
  const { host = `127.0.0.1:${port}`, tls = false, json, octets, form } = more;
  const body = json === undefined ? (octets ?? form) : JSON.stringify(json);
  const type =
    json === undefined
      ? octets
        ? 'application/octet-stream'
        : 'application/x-www-form-urlencoded'
      : 'application/json';
  const headers = {
    Host: host,
    ...(more.cookie === undefined ? {} : { Cookie: more.cookie }),
    ...(more.token === undefined ? {} : { 'X-Caselli-Token': more.token }),
    ...(more.gzip ? { 'Accept-Encoding': 'gzip, br' } : {}),
    ...(body === undefined
      ? {}
      : { 'Content-Type': type, Origin: more.origin ?? `${tls ? 'https' : 'http'}://${host}` }),
  };
  const method = body === undefined ? 'GET' : 'POST';
  const options = { port, host: '127.0.0.1', path, headers, method, rejectUnauthorized: false };
  const asked = (tls ? secureRequest(options) : request(options)).end(body);
  const [response] = await once(asked, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: response.statusCode, text, headers: response.headers };
}

interface Visitor {
  readonly cookie: string;
  readonly token: string;
}

async function logIn(port: number, account = '', given = password, tls = false): Promise<Visitor> {
  const { status, text, headers } = await browse(port, '/api/login', { json: { account, password: given }, tls });
  assert.equal(status, 200, text);
  return { cookie: headers['set-cookie']![0]!.split(';')[0]!, token: JSON.parse(text).token };
}

const everywhere = { enabled: true, address: '0.0.0.0', port: 0 };

test('the pages are served with a strict content policy, packed, and kept by browsers where their names allow', async (context) => {
  const { port } = await panel(context);
  const page = await browse(port, '/', { host: 'localhost:8080' });
  assert.equal(page.status, 200);
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; script-src 'self';/);
  assert.equal(page.headers['cache-control'], 'no-store');
  // Every place of the panel is the same page, which looks at its address.
  assert.equal((await browse(port, '/settings/mail-in')).text, page.text);
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page.text)![1]!;
  const packed = await browse(port, script, { gzip: true });
  assert.deepEqual(
    [packed.status, packed.headers['content-encoding'], packed.headers['cache-control']],
    [200, 'gzip', 'public, max-age=31536000, immutable'],
  );
  assert.equal(gunzipSync(Buffer.from(packed.text, 'latin1')).toString('latin1'), (await browse(port, script)).text);
  for (const path of ['/assets/none.js', '/etc/passwd.txt', '/assets/..%2findex.html', '/api/none'])
    assert.equal((await browse(port, path)).status, 404, path);
});

test('what is asked is checked and answered; refusals are sentences', async (context) => {
  const { port, asked } = await panel(context);
  assert.deepEqual(JSON.parse((await browse(port, '/api/faxCalls?limit=5&line=&direction=')).text), calls);
  await browse(port, '/api/queueList?address=a%40b&limit=7');
  assert.deepEqual(asked.pop(), { address: 'a@b', limit: 7 });
  const wrong = await browse(port, '/api/queueList?address=&limit=many');
  assert.equal(wrong.status, 400);
  assert.match(JSON.parse(wrong.text).error, /^limit: /);
  assert.equal((await browse(port, '/api/queueList?address=&limit=1&more=1')).status, 400);

  const { token } = JSON.parse((await browse(port, '/api/session')).text);
  assert.equal((await browse(port, '/api/queueHold', { json: { id: 'm1' }, token })).status, 200);
  assert.deepEqual(asked.pop(), ['hold', 'm1']);
  const none = await browse(port, '/api/queueHold', { json: { id: 'none' }, token });
  assert.deepEqual([none.status, JSON.parse(none.text).error], [404, 'there is no message none in the queue']);
  assert.equal((await browse(port, '/api/queueHold', { json: 'id', token })).status, 400);
});

test('content goes up as octets, without end; a download comes as it is made, or is refused', async (context) => {
  const { port, asked } = await panel(context);
  const { token } = JSON.parse((await browse(port, '/api/session')).text);
  const up = await browse(port, '/api/updateInstall?allowDowngrade=true', { octets: Buffer.alloc(3_000_000), token });
  assert.deepEqual([up.status, asked.pop()], [200, [{ allowDowngrade: true }, 3_000_000]]);
  const form = new URLSearchParams({ input: '{}', token }).toString();
  const down = await browse(port, '/api/systemSupport', { form });
  assert.equal(down.headers['content-disposition'], 'attachment; filename="caselli-support.tar.gz"');
  assert.equal(down.text.length, 5_000_000);
  assert.equal(
    (await browse(port, '/api/systemSupport', { form: new URLSearchParams({ input: '{}' }).toString() })).status,
    403,
  );
  asked.push('no support');
  const refused = await browse(port, '/api/systemSupport', { form });
  assert.deepEqual([refused.status, JSON.parse(refused.text).error], [503, 'not now']);
});

test('an upload that is refused before its end leaves the connection to the next request', async (context) => {
  const { port } = await panel(context);
  const { token } = JSON.parse((await browse(port, '/api/session')).text);
  const socket = connect(port, '127.0.0.1');
  context.after(() => socket.destroy());
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
  });
  const until = async (wanted: RegExp): Promise<void> => {
    while (!wanted.test(heard)) await once(socket, 'data');
  };
  const bytes = 3_000_000;
  const host = `Host: 127.0.0.1:${port}`;
  socket.write(
    `POST /api/certificateSet HTTP/1.1\r\n${host}\r\nX-Caselli-Token: ${token}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n\r\n`,
  );
  socket.write(Buffer.alloc(bytes / 2));
  await until(/^HTTP\/1\.1 422/);
  socket.write(Buffer.alloc(bytes / 2));
  socket.write(`GET /ready HTTP/1.1\r\n${host}\r\n\r\n`);
  await until(/HTTP\/1\.1 200[\s\S]*ready\n$/);
});

test('metrics are for programs', async (context) => {
  const { port, events } = await panel(context);
  const attempt = {
    attempt: 1,
    status: '2.0.0',
    text: '',
    host: '',
    reply: '',
    folder: 'INBOX',
    action: 'delivered',
  } as const;
  const to = { recipient: 'a@b.test', agent: 'local', place: 'a@b.test' };
  events.emit('queue.delivered', { message: 'm', source: 'esmtp', ...to, ...attempt });
  const { text } = await browse(port, '/metrics');
  assert.match(text, /^caselli_queue_recipients 3$/m);
  assert.match(text, /^caselli_deliveries_total\{agent="local",outcome="delivered"\} 1$/m);
  assert.match(text, /^caselli_events_total\{event="queue.delivered"\} 1$/m);
});

test('a page from elsewhere cannot read the panel by giving its own name to this address', async (context) => {
  const { port } = await panel(context);
  assert.equal((await browse(port, '/api/session', { host: 'evil.example' })).status, 421);
  const foreign = new WebSocket(`ws://127.0.0.1:${port}/api/live`, { origin: 'http://evil.example' });
  const [error] = await once(foreign, 'error');
  assert.match(String(error), /403/);
});

test('a client that resets the connection of a refused live page harms nobody', async (context) => {
  const { port } = await panel(context);
  for (let n = 0; n < 20; n++) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.write('GET /api/live HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    setImmediate(() => socket.resetAndDestroy());
    await closed;
  }
  assert.equal((await browse(port, '/api/session')).status, 200);
});

test('a live page hears events in their order, gathered; of a burst only how many more there were', async (context) => {
  const { port, events, clock } = await panel(context);
  const page = new WebSocket(`ws://127.0.0.1:${port}/api/live`);
  await once(page, 'open');
  const told = once(page, 'message');
  for (let n = 0; n < 300; n++) events.emit('queue.done', { message: String(n) });
  events.emit('session.closed', { session: 's', protocol: 'imap', reason: '' });
  await clock.advance(100);
  const tidings = JSON.parse(String((await told)[0]));
  assert.deepEqual([tidings.events.length, tidings.missed], [200, 100]);
  assert.deepEqual(
    tidings.events.map(({ fields }: { fields: { message: string } }) => Number(fields.message)),
    Array.from({ length: 200 }, (_, n) => n),
  );
  page.close();
});

test('beyond loopback the box is shown to those who log in', async (context) => {
  const { port, reached } = await panel(context, { http: everywhere });
  // The page itself tells nothing of the box; it asks for the login.
  assert.equal((await browse(port, '/')).status, 200);
  const unknown = JSON.parse((await browse(port, '/api/session')).text);
  assert.deepEqual(unknown, { name: 'box.office.test', version: '1.2.3', guarded: true });
  for (const path of ['/api/doctor', '/api/openapi.json', '/metrics'])
    assert.equal((await browse(port, path)).status, 401, path);
  const refused = new WebSocket(`ws://127.0.0.1:${port}/api/live`);
  const [error] = await once(refused, 'error');
  assert.match(String(error), /403/);
  assert.equal((await browse(port, '/api/login', { json: { account: '', password: 'nothing' } })).status, 401);
  assert.equal((await browse(port, '/api/login', { json: {} })).status, 400);
  assert.deepEqual(reached, []);

  const login = await browse(port, '/api/login', { json: { account: 'Administrator', password } });
  const given = login.headers['set-cookie']![0]!;
  assert.match(given, /^caselli=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  const cookie = given.split(';')[0]!;
  assert.equal((await browse(port, '/api/doctor', { cookie })).status, 200);
  assert.deepEqual([...new Set(reached)], ['127.0.0.1']);
  const page = new WebSocket(`ws://127.0.0.1:${port}/api/live`, { headers: { Cookie: cookie } });
  await once(page, 'open');
  page.terminate();

  assert.equal((await browse(port, '/api/logout', { cookie, form: '' })).status, 200);
  assert.equal((await browse(port, '/api/doctor', { cookie })).status, 401);
});

test('every operation is refused without session, role and token', async (context) => {
  const { port, asked } = await panel(context, { http: everywhere });
  const administrator = await logIn(port);
  const operator = await logIn(port, 'otto@office.test', 'otto@office.test-password');
  const person = await logIn(port, 'bob@office.test', 'bob@office.test-password');
  const document = JSON.parse((await browse(port, '/api/openapi.json', administrator)).text);
  const paths = Object.entries(document.paths as Record<string, Record<string, { 'x-role': string }>>);
  assert.deepEqual(paths.map(([path]) => path.slice('/api/'.length)).toSorted(), Object.keys(operations).toSorted());
  for (const [path, methods] of paths) {
    const [method, operation] = Object.entries(methods)[0]!;
    const body = method === 'post' ? { json: {} } : {};
    assert.equal((await browse(port, path, body)).status, 401, `${path} without a session`);
    if (operation['x-role'] !== 'person')
      assert.equal((await browse(port, path, { ...body, ...person })).status, 403, `${path} by a person`);
    if (operation['x-role'] === 'administrator')
      assert.equal((await browse(port, path, { ...body, ...operator })).status, 403, `${path} by an operator`);
    if (method === 'get') continue;
    const { cookie } = administrator;
    assert.equal((await browse(port, path, { ...body, cookie })).status, 403, `${path} without a token`);
    const { token } = person;
    assert.equal((await browse(port, path, { ...body, cookie, token })).status, 403, `${path} with another's token`);
  }
  assert.deepEqual(asked, []);
});

test('people log in with the password of their mailbox and may do what their role allows', async (context) => {
  const { port, asked, events } = await panel(context, { http: everywhere });
  const remove = { json: { address: 'x@office.test', keepMail: true } };
  const hold = { json: { id: 'm1' } };
  const may = async (who: Visitor): Promise<number[]> => [
    (await browse(port, '/api/doctor', who)).status,
    (await browse(port, '/api/queueHold', { ...hold, ...who })).status,
    (await browse(port, '/api/userRemove', { ...remove, ...who })).status,
  ];
  const anna = await logIn(port, 'anna@office.test', 'anna@office.test-password');
  const otto = await logIn(port, 'otto@office.test', 'otto@office.test-password');
  assert.deepEqual(await may(anna), [200, 200, 200]);
  assert.deepEqual(await may(otto), [200, 200, 403]);
  assert.equal(asked.length, 3);
  const told: unknown[] = [];
  events.on(({ name, fields }) => name === 'panel.changed' && told.push(fields));
  await browse(port, '/api/queueHold', { ...hold, ...otto });
  assert.deepEqual(told, [
    {
      account: 'otto@office.test',
      operation: 'queueHold',
      failed: '',
      remote: '127.0.0.1',
      subject: 'm1',
      details: [],
    },
  ]);
  // Whose password was changed, or who is gone, is logged out.
  events.emit('account.password', { account: 'otto@office.test' });
  assert.equal((await browse(port, '/api/doctor', otto)).status, 401);
  assert.equal((await browse(port, '/api/doctor', anna)).status, 200);
});

test('a login ends after half a day, and with a change of the password', async (context) => {
  const { port, clock, generation } = await panel(context, { http: everywhere });
  const first = await logIn(port);
  await clock.advance(12 * 3_600_000);
  assert.equal((await browse(port, '/api/doctor', first)).status, 401);
  const second = await logIn(port);
  generation.now++;
  assert.equal((await browse(port, '/api/doctor', second)).status, 401);
  assert.equal((await browse(port, '/api/doctor', { cookie: `caselli=${'A'.repeat(43)}` })).status, 401);
});

test('wrong passwords are slowed down, and the right one with them; a form from elsewhere is refused', async (context) => {
  const { port, clock } = await panel(context, { http: everywhere });
  const wrong = { json: { account: '', password: 'guess' } };
  const right = { json: { account: '', password } };
  assert.equal((await browse(port, '/api/login', { ...right, origin: 'http://evil.example' })).status, 403);
  for (let n = 0; n < 3; n++) assert.equal((await browse(port, '/api/login', wrong)).status, 401);
  const later = await browse(port, '/api/login', right);
  assert.equal(later.status, 429);
  assert.match(later.text, /try again in 1 min 0 s/);
  await clock.advance(60_000);
  await logIn(port);
});

test('HTTPS is served with the certificate of the box, and HTTP leads there', async (context) => {
  const { port, securePort } = await panel(context, { http: everywhere, https: everywhere });
  const moved = await browse(port, '/mail?x=1', { host: 'caselli-1a2b.local' });
  assert.deepEqual([moved.status, moved.headers.location], [308, `https://caselli-1a2b.local:${securePort}/mail?x=1`]);
  assert.equal((await browse(port, '/', { host: 'evil.example' })).status, 421);
  const login = await browse(securePort, '/api/login', { json: { account: '', password }, tls: true });
  assert.match(login.headers['set-cookie']![0]!, /; Secure; /);
  const visitor = await logIn(securePort, '', password, true);
  assert.equal((await browse(securePort, '/api/doctor', { ...visitor, tls: true })).status, 200);
});

test('everybody may ask in one word whether the box is ready', async (context) => {
  let well = true;
  const { port, securePort } = await panel(context, { http: everywhere, https: everywhere, ready: () => well });
  for (const [at, tls] of [
    [port, false],
    [securePort, true],
  ] as const) {
    const { status, text } = await browse(at, '/ready', { tls, host: 'whatever' });
    assert.deepEqual([status, text], [200, 'ready\n']);
  }
  well = false;
  const { status, text } = await browse(port, '/ready');
  assert.deepEqual([status, text], [503, 'unwell\n']);
});
