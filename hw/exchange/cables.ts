import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModemPort } from '../../src/modem/port.ts';
import type { Modem } from '../modem/modem.ts';

/** Joins a program in this process to a modem; pulls whatever was plugged in before. */
export function plugInProcess(modem: Modem, name: string): ModemPort {
  return new InProcessPort(modem, name);
}

class InProcessPort implements ModemPort {
  readonly name: string;
  readonly #modem: Modem;
  readonly #unplugged: () => void;
  #listener: (bytes: Uint8Array) => void = () => {};
  #onClosed: (error?: Error) => void = () => {};
  #closed = false;

  constructor(modem: Modem, name: string) {
    this.name = name;
    this.#modem = modem;
    this.#unplugged = modem.plug({
      send: (bytes) => this.#listener(bytes),
      backlogBytes: () => 0,
      unplugged: () => this.#end(new Error(`${name}: another program took the modem`)),
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new Error(`${this.name} is closed`));
    return this.#modem.receive(Uint8Array.from(bytes));
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  onClosed(listener: (error?: Error) => void): void {
    this.#onClosed = listener;
  }

  async setDtr(on: boolean): Promise<void> {
    if (!on && !this.#closed) this.#modem.dropDtr();
  }

  async flush(): Promise<void> {
    if (!this.#closed) this.#modem.flush();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#end();
    this.#unplugged();
  }

  #end(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener = () => {};
    this.#onClosed(error);
  }
}

/** A way into a modem from outside this process. */
export interface OpenCable {
  close(): Promise<void>;
}

/** A serial server with one modem behind it: one client at a time, further ones are refused. */
export async function listenTcp(
  modem: Modem,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<OpenCable & { readonly port: number }> {
  const { server, sockets } = cableServer(modem);
  server.listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server, sockets) };
}

function cableServer(modem: Modem): { readonly server: Server; readonly sockets: Set<Socket> } {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size > 0) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    couple(modem, socket);
  });
  return { server, sockets };
}

/** Bytes go both ways; the socket is not read while the modem holds its DTE, so that the DTE feels it. */
function couple(modem: Modem, socket: Socket): void {
  socket.setNoDelay(true);
  const unplug = modem.plug({
    send: (bytes) => void socket.write(Uint8Array.from(bytes)),
    backlogBytes: () => socket.writableLength,
    unplugged: () => socket.destroy(),
  });
  socket.on('data', (bytes) => {
    socket.pause();
    modem.receive(bytes).then(
      () => socket.resume(),
      () => socket.destroy(),
    );
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', unplug);
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
}

/** Joins a modem to a serial line that another program serves as a Unix socket: that of an emulated machine. */
export async function connectSocket(modem: Modem, path: string): Promise<OpenCable> {
  const socket = connect(path);
  await once(socket, 'connect');
  couple(modem, socket);
  return {
    async close() {
      if (socket.closed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}

/** What socat may hold of a page: little, so that a program feels the pace of the modem. */
const socatBufferBytes = 512;

/**
 * A pseudo-terminal at `linkPath` with a modem behind it, for programs that want a serial device.
 * @throws Error when Debian's socat is not installed.
 */
export async function openPty(modem: Modem, linkPath: string): Promise<OpenCable> {
  const folder = await mkdtemp(join(tmpdir(), 'caselli-pty-'));
  const socketPath = join(folder, 'modem');
  const { server, sockets } = cableServer(modem);
  server.listen(socketPath);
  await once(server, 'listening');
  const socat = spawn(
    'socat',
    [
      `-b${socatBufferBytes}`,
      `PTY,raw,echo=0,link=${linkPath}`,
      `UNIX-CONNECT:${socketPath},sndbuf=${socatBufferBytes}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaint = '';
  socat.stderr.on('data', (text) => {
    complaint = `${complaint}${text}`.slice(-500);
  });
  const ended = new Promise<string>((resolve) => {
    socat.once('error', (error) => resolve(`socat cannot be run (Debian package socat): ${error.message}`));
    socat.once('exit', () => resolve(complaint));
  });
  // socat makes the terminal first, then connects: with the connection the link is there.
  const failure = await Promise.race([once(server, 'connection').then(() => undefined), ended]);
  if (failure !== undefined) {
    await closeServer(server, sockets);
    await rm(folder, { recursive: true });
    throw new Error(`no pseudo-terminal at ${linkPath}: ${failure}`);
  }
  // Without a holder the master side would fail whenever a program closes the terminal.
  const holder = await open(linkPath, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  return {
    async close() {
      await holder.close();
      socat.kill();
      await ended;
      await closeServer(server, sockets);
      await rm(folder, { recursive: true });
    },
  };
}
