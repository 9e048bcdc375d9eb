import { createHash } from 'node:crypto';

/**
 * Names of message files: `time.unique.host,S=fileBytes,W=sizeBytes:2,FLAGS`. `base` is all before the colon and stays
 * with the message for life; what follows are its flags. `S` is Courier's, the size of the file; `W` is Dovecot's, the
 * size with CRLF line ends, so that an index can be made without reading every message.
 */
export interface MessageName {
  readonly base: string;
  /** `:2,FLAGS` with the colon, or empty. */
  readonly info: string;
}

/** @returns undefined for names that are no message: hidden files, and bases too long to be renamed. */
export function parseName(fileName: string): MessageName | undefined {
  if (fileName.startsWith('.') || fileName === '') return undefined;
  const colon = fileName.indexOf(':');
  return colon < 0 ? { base: fileName, info: '' } : { base: fileName.slice(0, colon), info: fileName.slice(colon) };
}

/** Sizes that a base tells. */
export function sizesIn(base: string): { readonly fileBytes?: number; readonly sizeBytes?: number } {
  const fileBytes = /,S=(\d{1,15})(?=,|$)/.exec(base)?.[1];
  const sizeBytes = /,W=(\d{1,15})(?=,|$)/.exec(base)?.[1];
  return {
    ...(fileBytes !== undefined && { fileBytes: Number(fileBytes) }),
    ...(sizeBytes !== undefined && { sizeBytes: Number(sizeBytes) }),
  };
}

/** Seconds at the start of a base; messages found in a Maildir get their UIDs in this order. */
export function timeIn(base: string): number {
  return Number(/^\d{1,12}(?=\.)/.exec(base)?.[0] ?? Number.MAX_SAFE_INTEGER);
}

export function makeBase(
  part: { readonly timeMs: number; readonly unique: string; readonly host: string },
  sizes: { readonly fileBytes: number; readonly sizeBytes: number },
): string {
  const seconds = Math.floor(part.timeMs / 1000);
  return `${seconds}.${part.unique}.${part.host},S=${sizes.fileBytes},W=${sizes.sizeBytes}`;
}

/** A base for a copy: the sizes stay, the rest is new. */
export function freshBase(base: string, part: { timeMs: number; unique: string; host: string }): string {
  const sizes = base.match(/,[SW]=\d{1,15}(?=,|$)/g) ?? [];
  return `${Math.floor(part.timeMs / 1000)}.${part.unique}.${part.host}${sizes.join('')}`;
}

/**
 * The unique part made from a delivery's id, so that the file itself tells which delivery it is.
 * Ids that do not fit into a file name are hashed.
 */
export function deliveryTag(deliveryId: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(deliveryId)) return `d_${deliveryId}`;
  return `d_${createHash('sha256').update(deliveryId).digest('hex')}`;
}

/** The delivery tag in a base, when one of our deliveries made it. */
export function deliveryTagIn(base: string): string | null {
  return /^\d+\.(d_[A-Za-z0-9_-]{1,64})\./.exec(base)?.[1] ?? null;
}

/** The host part, with the characters that must not stand in a Maildir name made harmless. */
export function hostPart(hostName: string): string {
  const text = hostName.replaceAll(/[^A-Za-z0-9._-]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return text.slice(0, 64) || 'localhost';
}
