/**
 * The packet of SNTP version 4 (RFC 4330 §4, RFC 5905 §7.3): 48 octets, what comes after them is passed over. Pure.
 */

export const packetBytes = 48;

/** 1 January 1970 in seconds of the first NTP era, which began in 1900. */
const unixEpoch = 2_208_988_800;
/** Of an era: the second one begins in 2036 (RFC 4330 §3). */
const eraSeconds = 2 ** 32;

/** A time of NTP: seconds and fractions of 2⁻³², 64 bits. */
export type NtpTime = bigint;

/**
 * A request. Its transmit time is chance: a server only gives it back as the originate time, by which the answer is known
 * to be one to this request, and nobody learns what our clock says.
 */
export function requestPacket(nonce: NtpTime): Buffer {
  const packet = Buffer.alloc(packetBytes);
  packet[0] = (4 << 3) | 3; // version 4, client
  packet.writeBigUInt64BE(nonce, 40);
  return packet;
}

export type Reading =
  | {
      readonly kind: 'time';
      readonly stratum: number;
      /** When the server had the request and sent the answer, ms since 1970. */
      readonly receivedAt: number;
      readonly sentAt: number;
      /** Greatest error of the server itself, ms. */
      readonly rootDistanceMs: number;
    }
  /** The server wants to be asked less or no more: DENY, RSTR, RATE (RFC 4330 §8). */
  | { readonly kind: 'kiss-of-death'; readonly code: string }
  /** No answer to this request, or one of a server that does not know the time itself. */
  | { readonly kind: 'unusable'; readonly reason: string };

/** Reads an answer to the request with that nonce, with the checks of RFC 4330 §5. */
export function readAnswer(packet: Buffer, nonce: NtpTime): Reading {
  if (packet.length < packetBytes) return unusable('it is too short');
  const leap = packet[0]! >> 6;
  const mode = packet[0]! & 7;
  const stratum = packet[1]!;
  if (mode !== 4) return unusable(`it is of mode ${mode}, not of a server`);
  if (packet.readBigUInt64BE(24) !== nonce) return unusable('it answers another request');
  if (stratum === 0) return { kind: 'kiss-of-death', code: packet.toString('latin1', 12, 16).replace(/[^A-Z]/g, '') };
  if (stratum > 15) return unusable('the server knows no time');
  if (leap === 3) return unusable("the server's own clock is not set");
  const received = packet.readBigUInt64BE(32);
  const sent = packet.readBigUInt64BE(40);
  if (sent === 0n || received === 0n) return unusable('it holds no time');
  const rootDistanceMs = ((packet.readUInt32BE(4) / 2 + packet.readUInt32BE(8)) * 1000) / 65_536;
  if (rootDistanceMs > mostRootDistanceMs) return unusable('the server is too unsure of its time');
  const sentAt = toMs(sent);
  const receivedAt = toMs(received);
  if (sentAt < receivedAt) return unusable('it was sent before its request came');
  return { kind: 'time', stratum, receivedAt, sentAt, rootDistanceMs };
}

/** RFC 5905, MAXDIST is 1 s; servers behind slow lines are let pass. */
const mostRootDistanceMs = 3000;

function unusable(reason: string): Reading {
  return { kind: 'unusable', reason };
}

/** Times of the first era are those whose highest bit is set (RFC 4330 §3). */
function toMs(time: NtpTime): number {
  const seconds = Number(time >> 32n);
  const era = seconds >= 2 ** 31 ? 0 : eraSeconds;
  return (seconds + era - unixEpoch) * 1000 + (Number(time & 0xffff_ffffn) * 1000) / eraSeconds;
}

/** ms since 1970 as NTP writes it. */
export function fromMs(ms: number): NtpTime {
  const seconds = Math.floor(ms / 1000);
  const fraction = Math.floor(((ms - seconds * 1000) * eraSeconds) / 1000);
  return (BigInt((seconds + unixEpoch) % eraSeconds) << 32n) | BigInt(fraction);
}
