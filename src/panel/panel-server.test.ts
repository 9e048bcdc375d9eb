import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import type { AdminApi } from '../admin/admin-api.ts';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
import { idSource } from '../lib/ids.ts';
import { ManualClock } from '../lib/manual-clock.ts';
import { Tls } from '../system/tls.ts';
import { Login } from './login.ts';
import { Metrics } from './metrics.ts';
import { PanelServer } from './panel-server.ts';

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

interface Setting {
  readonly http?: typeof loopback;
  readonly https?: typeof loopback;
  readonly ready?: () => boolean;
}

async function panel(
  context: TestContext,
  { http: plain = loopback, https: secure = off, ready = () => true }: Setting = {},
) {
  const clock = new ManualClock();
  const folder = await mkdtemp(join(tmpdir(), 'caselli-panel-'));
  const tls = await Tls.open(folder, () => 'box.office.test', clock);
  const generation = { now: 0 };
  const reached: string[] = [];
  const events = new EventBus(systemClock);
  const admin = {
    faxLines: async () => [],
    queueList: async () => [],
    faxCalls: async () => calls,
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
  const server = new PanelServer({
    config: { http: plain, https: secure },
    name: () => 'box.office.test',
    version: '1.2.3',
    admin,
    metrics,
    events,
    clock,
    otherNames: () => ['caselli-1a2b.local'],
    login: new Login({
      check: async (given) => given === password,
      generation: () => generation.now,
      limit: () => ({ attempts: 3, window: 60_000 }),
      clock,
      events,
      ids: idSource(clock),
    }),
    pair: () => tls.pair(),
    ready: async () => ready(),
    reached: (address) => reached.push(address),
  });
  const { http, https } = await server.listen();
  context.after(async () => {
    metrics.close();
    await server.close();
    tls.close();
    await rm(folder, { recursive: true });
    assert.equal(clock.pending, 0);
  });
  return { events, port: http?.port ?? 0, securePort: https?.port ?? 0, clock, generation, reached };
}

async function get(port: number, path: string, host: string): Promise<{ status: number; text: string; csp: string }> {
  const asked = request({ port, host: '127.0.0.1', path, headers: { Host: host } }).end();
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text, csp: response.headers['content-security-policy'] };
}

test('the page, its parts, status and metrics are served with a strict content policy', async (context) => {
  const { port, events } = await panel(context);
  for (const path of ['/', '/status.css', '/status.js']) {
    const { status, csp } = await get(port, path, 'localhost:8080');
    assert.equal(status, 200, path);
    assert.match(csp, /^default-src 'none'; script-src 'self';/);
  }
  const status = JSON.parse((await get(port, '/api/status', 'box.office.test')).text);
  assert.deepEqual(
    status.findings.map((one: { id: string }) => one.id),
    ['b'],
  );
  assert.deepEqual(status.calls, calls);
  events.emit('queue.delivered', { message: 'm', recipient: 'a@b.test', agent: 'local', text: '' });
  const { text } = await get(port, '/metrics', '127.0.0.1');
  assert.match(text, /^caselli_queue_recipients 3$/m);
  assert.match(text, /^caselli_deliveries_total\{agent="local",outcome="delivered"\} 1$/m);
  assert.match(text, /^caselli_events_total\{event="queue.delivered"\} 1$/m);
  assert.equal((await get(port, '/etc/passwd', 'localhost')).status, 404);
});

test('a page from elsewhere cannot read the panel by giving its own name to this address', async (context) => {
  const { port } = await panel(context);
  assert.equal((await get(port, '/api/status', 'evil.example')).status, 421);
  const foreign = new WebSocket(`ws://127.0.0.1:${port}/live`, { origin: 'http://evil.example' });
  const [error] = await once(foreign, 'error');
  assert.match(String(error), /403/);
});

test('a client that resets the connection of a refused live page harms nobody', async (context) => {
  const { port } = await panel(context);
  for (let n = 0; n < 20; n++) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.write('GET /live HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    setImmediate(() => socket.resetAndDestroy());
    await closed;
  }
  assert.equal((await get(port, '/api/status', 'localhost')).status, 200);
});

test('a live page gets the status at once and after each change', async (context) => {
  const { port, events, clock } = await panel(context);
  const page = new WebSocket(`ws://127.0.0.1:${port}/live`);
  const [first] = await once(page, 'message');
  assert.equal(JSON.parse(String(first)).name, 'box.office.test');
  const second = once(page, 'message');
  for (let n = 0; n < 100; n++) events.emit('queue.done', { message: String(n) });
  await clock.advance(1000);
  await second;
  page.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cookie: string;
  readonly location: string;
}

/** A browser's request to a port that is not on loopback, over TLS or without. */
async function browse(
  port: number,
  path: string,
  more: {
    readonly cookie?: string;
    readonly form?: string;
    readonly tls?: boolean;
    readonly origin?: string;
    readonly host?: string;
  } = {},
): Promise<Answer> {
  const { host = `127.0.0.1:${port}`, tls = false } = more;
  const headers = {
    Host: host,
    ...(more.cookie === undefined ? {} : { Cookie: more.cookie }),
    ...(more.form === undefined
      ? {}
      : {
          'Content-Type': 'application/x-www-form-urlencoded',
          Origin: more.origin ?? `${tls ? 'https' : 'http'}://${host}`,
        }),
  };
  const options = {
    port,
    host: '127.0.0.1',
    path,
    headers,
    method: more.form === undefined ? 'GET' : 'POST',
    rejectUnauthorized: false,
  };
  const asked = (tls ? secureRequest(options) : request(options)).end(more.form);
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return {
    status: response.statusCode,
    text,
    cookie: response.headers['set-cookie']?.[0] ?? '',
    location: response.headers.location ?? '',
  };
}

const everywhere = { enabled: true, address: '0.0.0.0', port: 0 };

test('beyond loopback the panel shows nothing without the password', async (context) => {
  const { port, reached } = await panel(context, { http: everywhere });
  const first = await browse(port, '/');
  assert.deepEqual([first.status, first.location], [303, '/login']);
  for (const path of ['/api/status', '/metrics', '/status.js', '/nothing'])
    assert.equal((await browse(port, path)).status, 401, path);
  const refused = new WebSocket(`ws://127.0.0.1:${port}/live`);
  const [error] = await once(refused, 'error');
  assert.match(String(error), /403/);
  assert.match((await browse(port, '/login')).text, /type="password"/);
  assert.equal((await browse(port, '/login', { form: 'password=nothing' })).status, 401);
  assert.equal((await browse(port, '/login', { form: '' })).status, 401);
  assert.deepEqual(reached, []);

  const login = await browse(port, '/login', { form: `password=${password}` });
  assert.deepEqual([login.status, login.location], [303, '/']);
  assert.match(login.cookie, /^caselli=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  const cookie = login.cookie.split(';')[0]!;
  assert.equal((await browse(port, '/', { cookie })).status, 200);
  assert.equal((await browse(port, '/api/status', { cookie })).status, 200);
  assert.deepEqual([...new Set(reached)], ['127.0.0.1']);
  const page = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { Cookie: cookie } });
  await once(page, 'message');
  page.terminate();

  assert.equal((await browse(port, '/logout', { cookie, form: '' })).status, 303);
  assert.equal((await browse(port, '/api/status', { cookie })).status, 401);
});

test('a login ends after half a day, and with a change of the password', async (context) => {
  const { port, clock, generation } = await panel(context, { http: everywhere });
  const login = async () => (await browse(port, '/login', { form: `password=${password}` })).cookie.split(';')[0]!;
  const first = await login();
  await clock.advance(12 * 3_600_000);
  assert.equal((await browse(port, '/api/status', { cookie: first })).status, 401);
  const second = await login();
  generation.now++;
  assert.equal((await browse(port, '/api/status', { cookie: second })).status, 401);
  assert.equal((await browse(port, '/api/status', { cookie: `caselli=${'A'.repeat(43)}` })).status, 401);
});

test('wrong passwords are slowed down, and the right one with them; a form from elsewhere is refused', async (context) => {
  const { port, clock } = await panel(context, { http: everywhere });
  const foreign = { form: `password=${password}`, origin: 'http://evil.example' };
  assert.equal((await browse(port, '/login', foreign)).status, 403);
  for (let n = 0; n < 3; n++) assert.equal((await browse(port, '/login', { form: 'password=guess' })).status, 401);
  const later = await browse(port, '/login', { form: `password=${password}` });
  assert.equal(later.status, 429);
  assert.match(later.text, /try again in 1 min 0 s/);
  await clock.advance(60_000);
  assert.equal((await browse(port, '/login', { form: `password=${password}` })).status, 303);
});

test('HTTPS is served with the certificate of the box, and HTTP leads there', async (context) => {
  const { port, securePort } = await panel(context, { http: everywhere, https: everywhere });
  const moved = await browse(port, '/api/status?x=1', { host: 'caselli-1a2b.local' });
  assert.deepEqual([moved.status, moved.location], [308, `https://caselli-1a2b.local:${securePort}/api/status?x=1`]);
  assert.equal((await browse(port, '/', { host: 'evil.example' })).status, 421);
  const login = await browse(securePort, '/login', { form: `password=${password}`, tls: true });
  assert.match(login.cookie, /; Secure; /);
  const cookie = login.cookie.split(';')[0]!;
  assert.equal((await browse(securePort, '/api/status', { cookie, tls: true })).status, 200);
});

test('everybody may ask in one word whether the box is ready', async (context) => {
  let well = true;
  const { port, securePort } = await panel(context, { http: everywhere, https: everywhere, ready: () => well });
  for (const [at, tls] of [
    [port, false],
    [securePort, true],
  ] as const) {
    assert.deepEqual(await browse(at, '/ready', { tls, host: 'whatever' }), {
      status: 200,
      text: 'ready\n',
      cookie: '',
      location: '',
    });
  }
  well = false;
  assert.deepEqual(await browse(port, '/ready'), { status: 503, text: 'unwell\n', cookie: '', location: '' });
});
