import { isIPv4 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type Content, type Packet, tcpFlags } from '../support/packet.ts';
import type { Neighbour } from './neighbour.ts';

/** The ports of one box, as one station sees them. */
export interface PortScan {
  /** Something answers there. */
  readonly open: readonly number[];
  /** The box says that nothing is there. */
  readonly refused: readonly number[];
  /** Nothing has come back, and nothing will. */
  readonly silent: readonly number[];
}

export interface ScanOptions {
  /** Whom the box sees asking. */
  readonly from: string;
  readonly to: string;
  readonly ports?: readonly number[];
  readonly sourcePort?: number;
}

export const allPorts: readonly number[] = Array.from({ length: 65_535 }, (_, n) => n + 1);

/** As many as a card of QEMU's takes at once; half of them are made while the box answers the other half. */
const inFlight = 256;
const ordinaryPort = 40_404;
/** What a program has to say to a datagram needs no longer on a TCG box. */
const programMs = 3000;

/** A SYN to every port, to the silent ones again; who takes it is let down by an RST. */
export async function scanTcp(neighbour: Neighbour, options: ScanOptions): Promise<PortScan> {
  const { sourcePort = ordinaryPort, from, to } = options;
  const segment = (port: number, sequence: number, flags: number): Packet => {
    return { kind: 'tcp', from, to, hopLimit: 64, sourcePort, port, sequence, acknowledgement: 0, flags };
  };
  return scan(neighbour, options, {
    probe: (port) => segment(port, 1000, tcpFlags.SYN),
    read: (answer) => {
      if (answer.kind !== 'tcp' || answer.port !== sourcePort) return undefined;
      const port = answer.sourcePort;
      if (answer.flags & tcpFlags.RST) return { port, state: 'refused' };
      neighbour.send(segment(port, answer.acknowledgement, tcpFlags.RST));
      return { port, state: 'open' };
    },
  });
}

/** A datagram to every port, to the silent ones again. Only what answers it is seen. */
export async function scanUdp(
  neighbour: Neighbour,
  options: ScanOptions & { readonly data: Buffer },
): Promise<PortScan> {
  const { sourcePort = ordinaryPort, from, to, data } = options;
  return scan(neighbour, options, {
    probe: (port) => ({ kind: 'udp', from, to, hopLimit: 64, sourcePort, port, data }),
    read: (answer) => {
      if (answer.kind === 'udp' && answer.port === sourcePort) return { port: answer.sourcePort, state: 'open' };
      const port = answer.kind === 'icmp' ? unreachablePort(answer, isIPv4(to)) : undefined;
      return port === undefined ? undefined : { port, state: 'refused' };
    },
    settleMs: programMs,
  });
}

/** The port that the box has no datagrams for (RFC 792, RFC 4443 §3.1), of the datagram that is sent back. */
function unreachablePort({ type, code, body }: Content & { readonly kind: 'icmp' }, v4: boolean): number | undefined {
  const [unreachable, noPort, portAt] = v4 ? [3, 3, 4 + 20 + 2] : [1, 4, 4 + 40 + 2];
  return type === unreachable && code === noPort && body.length >= portAt + 2 ? body.readUInt16BE(portAt) : undefined;
}

interface Way {
  probe(port: number): Packet;
  read(answer: Packet): { readonly port: number; readonly state: 'open' | 'refused' } | undefined;
  /** Answers of programs come when they have the time; those of the kernel before the echo. */
  readonly settleMs?: number;
}

async function scan(neighbour: Neighbour, options: ScanOptions, { probe, read, settleMs }: Way): Promise<PortScan> {
  const { from, to, ports = allPorts } = options;
  const states = new Map<number, 'open' | 'refused'>();
  using _ = neighbour.listen((packet) => {
    const answer = packet.to === from && packet.from === to ? read(packet) : undefined;
    if (answer) states.set(answer.port, answer.state);
  });
  const silent = (): number[] => ports.filter((port) => !states.has(port));
  await neighbour.echo(from, to);
  for (const asked of [() => ports, silent]) {
    const list = asked();
    let before = Promise.resolve();
    for (let at = 0; at < list.length; at += inFlight / 2) {
      neighbour.send(...list.slice(at, at + inFlight / 2).map(probe));
      const after = neighbour.echo(from, to);
      // Its failure is seen when it is waited for.
      after.catch(() => {});
      await before;
      before = after;
    }
    await before;
  }
  if (settleMs !== undefined) await pause(settleMs);
  const of = (state: string): number[] => ports.filter((port) => states.get(port) === state);
  return { open: of('open'), refused: of('refused'), silent: silent() };
}
