import { networkInterfaces } from 'node:os';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { privateNetworks4, privateNetworks6 } from '../system/network/firewall.ts';
import { within } from '../system/network/prefix.ts';

const loopback = ['127.0.0.0/8', '::1/128'] as const;
/** The networks of the cards are looked at so often. */
const lookMs = 10_000;
/** Who is sent away is told of so often. */
const tellMs = 60_000;

export interface ReachParts {
  readonly settings: () => Pick<Config['panel'], 'reach' | 'networks'>;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Networks that the cards are in, `192.0.2.0/24`. */
  readonly ownNetworks?: () => readonly string[];
}

/** From where the panel may be opened: the own networks, unless the settings say otherwise. */
export class Reach {
  readonly #parts: ReachParts;
  readonly #ownNetworks: () => readonly string[];
  #own: readonly string[] = [];
  #lookedAt = -Infinity;
  #toldAt = -Infinity;
  #more = 0;

  constructor(parts: ReachParts) {
    this.#parts = parts;
    this.#ownNetworks = parts.ownNetworks ?? networksOfCards;
  }

  /** @param remote IP address of the client; one that is not let in is told of, now and then */
  lets(remote: string): boolean {
    const { reach, networks } = this.#parts.settings();
    if (reach === 'everywhere') return true;
    const extra = reach === 'networks' ? networks.map(withLength) : [];
    const isIn = within(remote, [...loopback, ...privateNetworks4, ...privateNetworks6, ...this.#cards(), ...extra]);
    if (!isIn) this.#barred(remote);
    return isIn;
  }

  #cards(): readonly string[] {
    const now = this.#parts.clock.now();
    if (now - this.#lookedAt >= lookMs) {
      this.#own = this.#ownNetworks();
      this.#lookedAt = now;
    }
    return this.#own;
  }

  #barred(remote: string): void {
    const now = this.#parts.clock.now();
    if (now - this.#toldAt < tellMs) {
      this.#more++;
      return;
    }
    this.#parts.events.emit('panel.barred', { remote, more: this.#more });
    this.#toldAt = now;
    this.#more = 0;
  }
}

function networksOfCards(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.flatMap(({ cidr }) => cidr ?? []));
}

function withLength(network: string): string {
  if (network.includes('/')) return network;
  return `${network}/${network.includes(':') ? 128 : 32}`;
}
