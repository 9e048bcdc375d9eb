import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { EventBus } from './events.ts';
import { idSource } from './ids.ts';
import type { LinePeer } from './line-peer.ts';
import { SessionEnd } from './line-peer.ts';
import { LineServer } from './line-server.ts';
import { ManualClock } from './manual-clock.ts';

/** Answers every line with itself; `big` with eight megabytes. */
async function echo(peer: LinePeer): Promise<string> {
  try {
    await peer.send('hello\r\n');
    for (;;) {
      peer.resting = true;
      const line = await peer.input.line(100);
      peer.resting = false;
      if (line.kind === 'end') return 'client';
      if (line.kind === 'line' && line.octets.toString() === 'big') {
        for (let count = 0; count < 128; count++) await peer.send(Buffer.alloc(64 * 1024, 'x'));
      } else if (line.kind === 'line' && line.octets.toString() === 'fail') throw new Error('broken');
      else await peer.send(line.kind === 'line' ? `${line.octets}\r\n` : 'too long\r\n');
    }
  } catch (error) {
    if (!(error instanceof SessionEnd)) throw error;
    await peer.send(`bye ${error.reason}\r\n`);
    return error.reason;
  }
}

async function open(limits: { maxConnections?: number; maxConnectionsPerClient?: number } = {}) {
  const clock = new ManualClock();
  const events = new EventBus(clock);
  const told: string[] = [];
  events.on(({ name, fields }) => told.push(`${name} ${'reason' in fields ? fields.reason : ''}`.trim()));
  const server = new LineServer({
    protocol: 'echo',
    listeners: () => [{ name: 'echo', enabled: true, address: '127.0.0.1', port: 0, tls: false }],
    limits: () => ({ maxConnections: 10, maxConnectionsPerClient: 10, timeout: 60_000, ...limits }),
    tooMany: 'too many\r\n',
    secureContext: () => assert.fail('no TLS here'),
    clock,
    ids: idSource(clock),
    events,
    serve: echo,
  });
  const port = (await server.listen()).echo!.port;
  return { server, clock, told, client: () => Client.open(port) };
}

class Client {
  readonly socket: Socket;
  #text = '';
  readonly closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = once(socket, 'close');
    socket.on('data', (chunk) => {
      this.#text += chunk;
    });
    socket.on('error', () => {});
  }

  static async open(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    const client = new Client(socket);
    await once(socket, 'connect');
    return client;
  }

  async hears(text: string): Promise<void> {
    while (!this.#text.includes(text))
      await Promise.race([once(this.socket, 'data'), this.closed.then(() => assert.equal(this.#text, text))]);
    this.#text = this.#text.slice(this.#text.indexOf(text) + text.length);
  }

  /** All that comes until the other side closes. */
  async rest(): Promise<string> {
    await this.closed;
    return this.#text;
  }
}

test('a line that comes in pieces, and several in one piece', async () => {
  const { server, client } = await open();
  const one = await client();
  await one.hears('hello\r\n');
  one.socket.write('a\r\nb\n');
  await one.hears('a\r\nb\r\n');
  one.socket.write('c');
  one.socket.end('d\r\n');
  assert.equal(await one.rest(), 'cd\r\n');
  await server.close(0);
});

test('silence ends a session, also before login, and age ends one that does not log in', async () => {
  const { server, clock, told, client } = await open();
  const one = await client();
  await one.hears('hello');
  await clock.advance(60_000);
  assert.match(await one.rest(), /bye timeout/);
  assert.ok(told.includes('session.closed timeout'));
  const two = await client();
  await two.hears('hello');
  for (let minute = 0; minute < 3; minute++) {
    await clock.advance(59_900);
    two.socket.write(`${minute}\r\n`);
    await two.hears(`${minute}\r\n`);
  }
  await clock.advance(1000);
  assert.match(await two.rest(), /bye timeout/);
  await server.close(0);
});

test('a client that takes nothing is cut off', async () => {
  const { server, clock, told, client } = await open();
  const one = await client();
  await one.hears('hello');
  one.socket.pause();
  one.socket.write('big\r\n');
  while (!told.some((line) => line.startsWith('session.closed'))) await clock.advance(10_000);
  assert.ok(told.includes('session.closed connection lost'));
  one.socket.resume();
  await one.closed;
  await server.close(0);
});

test('one client too many is told so; its place is free again when another leaves', async () => {
  for (const limits of [{ maxConnections: 1 }, { maxConnectionsPerClient: 1 }]) {
    const { server, told, client } = await open(limits);
    const one = await client();
    await one.hears('hello');
    assert.equal(await (await client()).rest(), 'too many\r\n');
    one.socket.end();
    await one.closed;
    while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
    const two = await client();
    await two.hears('hello');
    two.socket.destroy();
    assert.equal(told.filter((line) => line === 'session.opened').length, 2);
    await server.close(0);
  }
});

test('an error that nobody expected ends its session only', async () => {
  const { server, told, client } = await open();
  const [one, two] = [await client(), await client()];
  await two.hears('hello');
  one.socket.write('fail\r\n');
  await one.closed;
  assert.ok(told.includes('session.error'));
  assert.ok(told.includes('session.closed error'));
  two.socket.write('still there\r\n');
  await two.hears('still there');
  await server.close(0);
  assert.match(await two.rest(), /bye closing/);
});

test('the end waits for no client longer than it may', async () => {
  const { server, clock, client } = await open();
  const one = await client();
  await one.hears('hello');
  one.socket.pause();
  one.socket.write('big\r\n');
  while (one.socket.bytesWritten < 5) await new Promise((resolve) => setImmediate(resolve));
  const closing = server.close(5000);
  await clock.advance(5000);
  await closing;
  assert.equal(server.connections, 0);
  one.socket.destroy();
});
