import { isIPv4, SocketAddress } from 'node:net';
import { octetsOf } from '../../src/system/network/prefix.ts';

/** What one station of an Ethernet says to another, as far as a test has to speak it: over IPv4 or IPv6, no fragments, no options. */
export type Packet = { readonly from: string; readonly to: string; readonly hopLimit: number } & Content;

export type Content =
  | {
      readonly kind: 'tcp';
      readonly sourcePort: number;
      readonly port: number;
      readonly sequence: number;
      readonly acknowledgement: number;
      /** A sum of `tcpFlags`. */
      readonly flags: number;
    }
  | { readonly kind: 'udp'; readonly sourcePort: number; readonly port: number; readonly data: Buffer }
  /** ICMP or ICMPv6, as the addresses are. */
  | { readonly kind: 'icmp'; readonly type: number; readonly code: number; readonly body: Buffer };

/** RFC 9293 §3.1. */
export const tcpFlags = { SYN: 2, RST: 4, ACK: 16 } as const;

/** An Ethernet frame, without its check sequence. */
export interface Frame {
  /** Six octets. */
  readonly to: Buffer;
  readonly from: Buffer;
  readonly type: number;
  readonly payload: Buffer;
}

export const etherTypes = { ip4: 0x0800, arp: 0x0806, ip6: 0x86dd } as const;
const addressOctets = 6;
const frameHead = 2 * addressOctets + 2;

export function writeFrame({ to, from, type, payload }: Frame): Buffer {
  return Buffer.concat([to, from, Buffer.from([type >> 8, type & 0xff]), payload]);
}

/** @returns nothing for what is too short to be a frame */
export function readFrame(octets: Buffer): Frame | undefined {
  if (octets.length < frameHead) return undefined;
  return {
    to: octets.subarray(0, addressOctets),
    from: octets.subarray(addressOctets, 2 * addressOctets),
    type: octets.readUInt16BE(2 * addressOctets),
    payload: octets.subarray(frameHead),
  };
}

/** Protocol numbers, and where the checksum stands (RFC 9293 §3.1, RFC 768, RFC 792, RFC 4443 §2.1). */
const protocols = {
  tcp: { number4: 6, number6: 6, checksumAt: 16, head: 20 },
  udp: { number4: 17, number6: 17, checksumAt: 6, head: 8 },
  icmp: { number4: 1, number6: 58, checksumAt: 2, head: 4 },
} as const;
const ip4Head = 20;
const ip6Head = 40;

/** Both addresses are of one family. The hop limit is also IPv4's time to live. */
export function writePacket(packet: Packet): Buffer {
  const { from, to, kind, hopLimit } = packet;
  const { number4, number6, checksumAt } = protocols[kind];
  const addresses = Buffer.from([...octetsOf(from), ...octetsOf(to)]);
  const content = writeContent(packet);
  const v4 = isIPv4(from);
  const protocol = v4 ? number4 : number6;
  const sum = checksum(pseudoHeader(addresses, protocol, content.length, v4), content);
  // Zero would say that there is none (RFC 768).
  content.writeUInt16BE(sum === 0 && kind === 'udp' ? 0xffff : sum, checksumAt);
  const head = Buffer.alloc((v4 ? ip4Head : ip6Head) - addresses.length);
  if (v4) {
    head[0] = 0x45;
    head.writeUInt16BE(ip4Head + content.length, 2);
    head[8] = hopLimit;
    head[9] = protocol;
    head.writeUInt16BE(checksum(head, addresses), 10);
  } else {
    head[0] = 0x60;
    head.writeUInt16BE(content.length, 4);
    head[6] = protocol;
    head[7] = hopLimit;
  }
  return Buffer.concat([head, addresses, content]);
}

/** @returns nothing for what is damaged, or nothing that `Packet` can say */
export function readPacket(octets: Buffer): Packet | undefined {
  const v4 = octets[0] === 0x45;
  const size = v4 ? ip4Head : ip6Head;
  if ((!v4 && octets[0] !== 0x60) || octets.length < size) return undefined;
  // An Ethernet frame is filled up to its least size: the header says where the content ends.
  const end = v4 ? octets.readUInt16BE(2) : size + octets.readUInt16BE(4);
  const isFragment = v4 && (octets.readUInt16BE(6) & 0x3fff) !== 0;
  if (isFragment || end > octets.length || (v4 && checksum(octets.subarray(0, size)) !== 0)) return undefined;
  const protocol = octets[v4 ? 9 : 6]!;
  const addresses = octets.subarray(size - (v4 ? 8 : 32), size);
  const content = octets.subarray(size, end);
  const known = Object.entries(protocols).find(([, one]) => protocol === (v4 ? one.number4 : one.number6));
  if (!known || content.length < known[1].head) return undefined;
  if (checksum(pseudoHeader(addresses, protocol, content.length, v4), content) !== 0) return undefined;
  const half = addresses.length / 2;
  return {
    from: addressText(addresses.subarray(0, half)),
    to: addressText(addresses.subarray(half)),
    hopLimit: octets[v4 ? 8 : 7]!,
    ...readContent(known[0] as Content['kind'], content),
  };
}

function writeContent(packet: Content): Buffer {
  switch (packet.kind) {
    case 'tcp': {
      const octets = Buffer.alloc(protocols.tcp.head);
      octets.writeUInt16BE(packet.sourcePort, 0);
      octets.writeUInt16BE(packet.port, 2);
      octets.writeUInt32BE(packet.sequence, 4);
      octets.writeUInt32BE(packet.acknowledgement, 8);
      octets[12] = (protocols.tcp.head / 4) << 4;
      octets[13] = packet.flags;
      octets.writeUInt16BE(0xffff, 14);
      return octets;
    }
    case 'udp': {
      const octets = Buffer.alloc(protocols.udp.head);
      octets.writeUInt16BE(packet.sourcePort, 0);
      octets.writeUInt16BE(packet.port, 2);
      octets.writeUInt16BE(octets.length + packet.data.length, 4);
      return Buffer.concat([octets, packet.data]);
    }
    case 'icmp':
      return Buffer.concat([Buffer.from([packet.type, packet.code, 0, 0]), packet.body]);
  }
}

function readContent(kind: Content['kind'], octets: Buffer): Content {
  switch (kind) {
    case 'tcp':
      return {
        kind,
        sourcePort: octets.readUInt16BE(0),
        port: octets.readUInt16BE(2),
        sequence: octets.readUInt32BE(4),
        acknowledgement: octets.readUInt32BE(8),
        flags: octets[13]!,
      };
    case 'udp':
      return {
        kind,
        sourcePort: octets.readUInt16BE(0),
        port: octets.readUInt16BE(2),
        data: octets.subarray(protocols.udp.head),
      };
    case 'icmp':
      return { kind, type: octets[0]!, code: octets[1]!, body: octets.subarray(protocols.icmp.head) };
  }
}

/** What the checksum covers beside the content: RFC 9293 §3.1, RFC 8200 §8.1; ICMP's own covers no more than itself. */
function pseudoHeader(addresses: Buffer, protocol: number, length: number, v4: boolean): Buffer {
  if (v4 && protocol === protocols.icmp.number4) return Buffer.alloc(0);
  return Buffer.concat([addresses, Buffer.from([length >> 8, length & 0xff, 0, protocol])]);
}

/** The ones' complement of the ones' complement sum of 16-bit words (RFC 1071). All but the last part have an even length. */
export function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) for (let at = 0; at < part.length; at += 2) sum += (part[at]! << 8) | (part[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

/** As Node writes addresses: `fe80::1`. */
export function addressText(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  const groups = octets.toString('hex').match(/..../g)!;
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

/** Ethernet's address of a multicast group (RFC 1112 §6.4, RFC 2464 §7). */
export function groupMac(group: string): Buffer {
  const octets = octetsOf(group);
  const [a, b, c, d] = octets.slice(-4) as [number, number, number, number];
  return Buffer.from(isIPv4(group) ? [0x01, 0x00, 0x5e, b & 0x7f, c, d] : [0x33, 0x33, a, b, c, d]);
}
