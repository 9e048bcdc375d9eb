import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import type { AdminApi } from '../admin/admin-api.ts';
import { systemClock } from '../lib/clock.ts';
import { EventBus } from '../lib/events.ts';
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

async function panel(context: TestContext) {
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
    config: {
      http: { enabled: true, address: '127.0.0.1', port: 0 },
      https: { enabled: false, address: '127.0.0.1', port: 0 },
    },
    name: () => 'box.office.test',
    version: '1.2.3',
    admin,
    metrics,
    events,
    clock: systemClock,
  });
  const { http } = await server.listen();
  context.after(async () => {
    metrics.close();
    await server.close();
  });
  return { events, port: http!.port };
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
  const { port, events } = await panel(context);
  const page = new WebSocket(`ws://127.0.0.1:${port}/live`);
  const [first] = await once(page, 'message');
  assert.equal(JSON.parse(String(first)).name, 'box.office.test');
  const second = once(page, 'message');
  for (let n = 0; n < 100; n++) events.emit('queue.done', { message: String(n) });
  await second;
  page.close();
});
