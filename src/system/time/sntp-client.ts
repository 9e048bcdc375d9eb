import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type Clock, withTimeout } from '../../lib/clock.ts';
import { readAnswer, requestPacket } from './sntp-packet.ts';

/** What one server says. */
export interface Sample {
  /** How much our clock is behind (positive) or ahead, ms. */
  readonly offsetMs: number;
  /** There and back, without the server's own time, ms. */
  readonly delayMs: number;
  readonly stratum: number;
}

/** The server wants no more requests of ours. */
export class KissOfDeath extends Error {
  override readonly name = 'KissOfDeath';
  readonly code: string;
  constructor(code: string) {
    super(`the time server wants to be left alone (${code})`);
    this.code = code;
  }
}

const answerTimeMs = 5_000;

/**
 * Asks one server once. Datagrams that are no answer to this request are passed over, whoever sent them.
 * @param server name or address, with `:port` where it is not 123
 * @throws KissOfDeath, TimeoutError, or what the network says
 */
export async function askServer(
  server: string,
  parts: { readonly clock: Clock; readonly random: (count: number) => Uint8Array },
): Promise<Sample> {
  const { host, port } = hostAndPort(server);
  const { address, family } = await withTimeout(parts.clock, answerTimeMs, 'the name server', lookup(host));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    // A connected socket hears that server only.
    socket.connect(port, address);
    await once(socket, 'connect');
    return await withTimeout(parts.clock, answerTimeMs, 'the time server', exchange(socket, parts));
  } finally {
    socket.close();
  }
}

function exchange(
  socket: ReturnType<typeof createSocket>,
  { clock, random }: { readonly clock: Clock; readonly random: (count: number) => Uint8Array },
): Promise<Sample> {
  const nonce = Buffer.from(random(8)).readBigUInt64BE() | 1n;
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    const askedAt = clock.now();
    socket.on('message', (packet) => {
      const answeredAt = clock.now();
      const reading = readAnswer(packet, nonce);
      if (reading.kind === 'kiss-of-death') reject(new KissOfDeath(reading.code));
      if (reading.kind !== 'time') return;
      const { receivedAt, sentAt, stratum } = reading;
      // RFC 4330 §5: t = ((T2 − T1) + (T3 − T4)) / 2, d = (T4 − T1) − (T3 − T2).
      const offsetMs = (receivedAt - askedAt + (sentAt - answeredAt)) / 2;
      resolve({ offsetMs, delayMs: Math.max(0, answeredAt - askedAt - (sentAt - receivedAt)), stratum });
    });
    socket.send(requestPacket(nonce));
  });
}

function hostAndPort(server: string): { host: string; port: number } {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(server) ?? [];
  // An IPv6 address has colons of its own.
  if (host === undefined || (host.includes(':') && !server.startsWith('[')))
    return { host: server.replace(/^\[|\]$/g, ''), port: 123 };
  return { host, port: Number(port) };
}

/** The sample in the middle: one server that is wrong by hours does not move it. */
export function middleSample(samples: readonly Sample[]): Sample | undefined {
  const sorted = samples.toSorted((a, b) => a.offsetMs - b.offsetMs);
  // Of two, the one that answered sooner, since it knows better.
  if (sorted.length === 2) return sorted[0]!.delayMs <= sorted[1]!.delayMs ? sorted[0] : sorted[1];
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
