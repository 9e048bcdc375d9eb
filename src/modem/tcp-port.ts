import { connect, type Socket } from 'node:net';
import type { ModemPort } from './port.ts';

/** A TCP serial server that is not there answers within this time or not at all. */
const connectTimeoutMs = 10_000;

/**
 * A modem behind a TCP serial server in raw mode (no telnet negotiation): the server holds RTS/CTS, TCP's window
 * passes it on.
 * @throws Error when the server cannot be reached.
 */
export async function openTcpPort(host: string, port: number): Promise<ModemPort> {
  const socket = await connected(host, port);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  const name = `tcp:${host}:${port}`;
  let onBytes: (bytes: Uint8Array) => void = () => {};
  let onClosed: (error?: Error) => void = () => {};
  let failure: Error | undefined;
  let closing = false;
  socket.on('data', (bytes) => onBytes(bytes));
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => onClosed(closing ? undefined : (failure ?? new Error(`${name} was closed by the server`))));
  return {
    name,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    onBytes(listener) {
      onBytes = listener;
    },
    onClosed(listener) {
      onClosed = listener;
    },
    async setDtr() {},
    async flush() {},
    async close() {
      closing = true;
      socket.destroy();
    },
  };
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs });
    socket.once('timeout', () => socket.destroy(new Error(`tcp:${host}:${port} does not answer`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
