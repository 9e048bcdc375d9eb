import type { EnvelopeRecipient, Notify } from '../mail/envelope.ts';
import { recipientKey } from '../routing/route.ts';
import type { Route, RoutedRecipient, Routing } from '../routing/types.ts';
import type { Deferred, Delivered, Failed } from './types.ts';

/**
 * What a routing makes of a recipient (courier-compatible, RFC 3461 §5.2.7): one that leads to one place keeps its
 * place in the envelope under the new address; one that leads to several is done with, and those are recipients of
 * their own that nobody hears of. Pure.
 */

export interface Addressee extends EnvelopeRecipient {
  /** The address came out of an alias. */
  readonly byAlias: boolean;
}

export type Resolution =
  | { readonly kind: 'send'; readonly addressee: Addressee; readonly route: Route }
  | { readonly kind: 'expand'; readonly targets: readonly Target[]; readonly outcome: Delivered }
  | { readonly kind: 'refused'; readonly outcome: Failed | Deferred };

export interface Target {
  readonly addressee: Addressee;
  readonly route: Route;
}

const never: Notify = { success: false, failure: false, delay: false };

export function resolveRecipient(addressee: Addressee, routing: Routing): Resolution {
  if (routing.kind === 'refused') {
    const { code, status, text } = routing;
    return { kind: 'refused', outcome: { kind: code < 500 ? 'deferred' : 'failed', status, text } };
  }
  // A target of an alias that has an alias itself, and is among its targets: the others have theirs already.
  const own = addressee.byAlias && routing.recipients.find(({ address }) => same(address, addressee.address));
  const [first, ...more] = own ? [own] : routing.recipients;
  if (first && more.length === 0)
    return { kind: 'send', addressee: replaced(addressee, first, routing.alias), route: first.route };
  const targets = routing.recipients.map(({ address, route }) => ({
    addressee: { address, notify: never, byAlias: true },
    route,
  }));
  const text = `The alias was expanded to ${targets.length} recipients.`;
  return { kind: 'expand', targets, outcome: { kind: 'delivered', action: 'expanded', status: '2.0.0', text } };
}

function replaced(addressee: Addressee, { address }: RoutedRecipient, alias: boolean): Addressee {
  if (same(address, addressee.address)) return addressee;
  return { ...addressee, address, originalRecipient: originalOf(addressee), byAlias: addressee.byAlias || alias };
}

/** What reports call a recipient whose address is replaced (RFC 3461 §5.2.7). */
export function originalOf({ address, originalRecipient }: EnvelopeRecipient): string {
  const type = /[^\x00-\x7f]/.test(address) ? 'utf-8' : 'rfc822';
  return originalRecipient ?? `${type};${address}`;
}

/** Two recipients of one message with the same key are one; who asked for a success report under another name is not. */
export function duplicateKey({ addressee, route }: Target): string {
  const key = recipientKey({ address: addressee.address, route });
  return addressee.notify?.success && addressee.originalRecipient ? `${key} ${addressee.originalRecipient}` : key;
}

/** The key of an alias that was expanded: its own mailbox may be among its targets. */
export function aliasKey({ address }: { readonly address: string }): string {
  return `alias ${address.toLowerCase()}`;
}

/** What one delivery has in common: an account, a number, a domain. */
export function destinationOf(route: Route): string {
  if (route.agent === 'local') return route.account;
  return route.agent === 'fax' ? route.number : route.domain;
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
