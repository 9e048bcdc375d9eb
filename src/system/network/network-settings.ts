import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/schema.ts';
import type { Clock, Timer } from '../../lib/clock.ts';
import { removeDurable, writeDurable } from '../../lib/durable.ts';
import type { EventBus } from '../../lib/events.ts';
import type { Privileged } from '../privileged/operations.ts';
import type { NetworkFacts } from './network-facts.ts';
import { type NetworkWish, networkFile } from './plan.ts';

export type NetworkConfig = Config['system']['network'];

/** Settings that decide how the box is reached: only a change of these is on trial. */
type Reach = Pick<NetworkConfig, 'mode' | 'interface' | 'address' | 'gateway' | 'dns'>;

/** A change waits so long for somebody to confirm it on the new address. */
export const trialMs = 120_000;
/** Addresses are looked at so often: a cable, a lease and a router's advertisement tell nobody. */
const lookMs = 5_000;

interface Trial {
  readonly former: Reach;
  /** ms since 1970. */
  readonly deadline: number;
}

export interface NetworkStatus {
  readonly interface: string;
  readonly link: boolean;
  readonly mode: 'dhcp' | 'fixed';
  readonly hostName: string;
  readonly addresses: readonly string[];
  readonly gateway: string;
  readonly gatewayAnswers: boolean;
  readonly dns: readonly string[];
  /** When a change that nobody has confirmed yet is undone, ms since 1970. */
  readonly trialUntil: number | undefined;
}

export interface NetworkParts {
  readonly privileged: Privileged;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly hostName: string;
  /** `identity` of the data folder: what must outlive a power cut. */
  readonly folder: string;
  readonly config: () => NetworkConfig;
  readonly setConfig: (reach: Reach) => Promise<void>;
  readonly facts: () => Promise<NetworkFacts>;
}

/**
 * The address of the box: what the configuration wishes, applied at the start and at each change. A change is on trial:
 * unless it is confirmed within two minutes, by somebody who reached the box on its new address, the former setting is
 * taken again; also when the power fails meanwhile.
 */
export class NetworkSettings {
  readonly #parts: NetworkParts;
  readonly #trialFile: string;
  #applied: Reach | undefined;
  #trial: Trial | undefined;
  #timer: Timer | undefined;
  #look: Timer | undefined;
  #addresses = '';
  /** Those of the box before the trial. */
  #formerAddresses: readonly string[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
    this.#trialFile = join(parts.folder, 'network-trial.json');
  }

  /** Undoes a change that was on trial when the box went down, and applies what is wished. */
  async start(): Promise<void> {
    const trial = await readTrial(this.#trialFile);
    if (trial) await this.#undo(trial, 'the box started again before it was confirmed');
    await this.#apply();
    await this.#lookAtAddresses();
  }

  async stop(): Promise<void> {
    this.#look?.cancel();
    this.#timer?.cancel();
    this.#look = undefined;
    await this.#turn;
  }

  /** Told of changed settings. */
  changed(): Promise<void> {
    return this.#inTurn(async () => {
      const former = this.#applied;
      const now = reachOf(this.#parts.config());
      if (!former || isDeepStrictEqual(former, now)) return;
      if (this.#parts.privileged.isBox && !this.#trial) await this.#begin(former);
      await this.#apply();
    });
  }

  /** Somebody has reached the box as it is now. @returns false when nothing was on trial */
  confirm(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#trial) return false;
      this.#timer?.cancel();
      await removeDurable(this.#trialFile);
      this.#trial = undefined;
      const wish = networkWish(this.#parts.config(), await this.#parts.facts(), this.#parts.hostName);
      if (typeof wish !== 'string') await this.#keep(wish);
      this.#parts.events.emit('network.trial', { state: 'confirmed', reason: '' });
      return true;
    });
  }

  /** Somebody with the password has come by this address of the box: when it is one that the trial brought, it is confirmed. */
  async reachedOn(address: string): Promise<void> {
    if (!this.#trial) return;
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    const { addresses } = await this.status();
    const isNew = addresses.some((one) => one.split('/')[0] === plain) && !this.#formerAddresses.includes(plain);
    if (isNew) await this.confirm();
  }

  async status(): Promise<NetworkStatus> {
    const facts = await this.#parts.facts();
    const card = chosenCard(this.#parts.config(), facts);
    return {
      interface: card?.name ?? '',
      link: card?.link ?? false,
      mode: this.#parts.config().mode,
      hostName: this.#parts.hostName,
      addresses: card ? facts.addresses(card.name) : [],
      gateway: facts.gateway,
      gatewayAnswers: facts.gatewayAnswers,
      dns: facts.dns,
      trialUntil: this.#trial?.deadline,
    };
  }

  async #begin(former: Reach): Promise<void> {
    this.#formerAddresses = (await this.status()).addresses.map((one) => one.split('/')[0]!);
    this.#trial = { former, deadline: this.#parts.clock.now() + trialMs };
    await writeDurable(this.#trialFile, `${JSON.stringify(this.#trial)}\n`);
    this.#parts.events.emit('network.trial', { state: 'began', reason: `undone in ${trialMs / 1000} s` });
    this.#timer = this.#parts.clock.timer(trialMs, () => {
      void this.#inTurn(async () => {
        if (!this.#trial) return;
        await this.#undo(this.#trial, 'nobody confirmed it');
        await this.#apply();
      }).catch((error) => this.#fault(error));
    });
  }

  /** The configuration first: a power cut in between finds the trial and does the same again. */
  async #undo({ former }: Trial, reason: string): Promise<void> {
    await this.#parts.setConfig(former);
    await removeDurable(this.#trialFile);
    this.#trial = undefined;
    this.#parts.events.emit('network.trial', { state: 'undone', reason });
  }

  async #apply(): Promise<void> {
    const config = this.#parts.config();
    this.#applied = reachOf(config);
    if (!this.#parts.privileged.isBox) return;
    const wish = networkWish(config, await this.#parts.facts(), this.#parts.hostName);
    if (typeof wish === 'string') return this.#fault(new Error(wish));
    try {
      await this.#parts.privileged.run('network.apply', wish);
      if (!this.#trial) await this.#keep(wish);
    } catch (error) {
      this.#fault(error);
    }
  }

  /** For the DHCP client at the next start, before the program is there to say it. What is on trial is not kept. */
  async #keep(wish: NetworkWish): Promise<void> {
    const kept = networkFile({ ...wish, interface: this.#parts.config().interface });
    await writeDurable(join(this.#parts.folder, 'network'), kept, 0o644);
  }

  async #lookAtAddresses(): Promise<void> {
    try {
      const { interface: card, addresses } = await this.status();
      const words = [card, ...addresses].join(' ');
      if (words !== this.#addresses) {
        this.#addresses = words;
        this.#parts.events.emit('network.changed', { interface: card, addresses: [...addresses] });
      }
    } catch (error) {
      this.#fault(error);
    }
    this.#look = this.#parts.clock.timer(lookMs, () => this.#look && void this.#lookAtAddresses());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work);
    this.#turn = run.then(
      () => {},
      () => {},
    );
    return run;
  }

  #fault(error: unknown): void {
    this.#parts.events.emit('box.fault', { where: 'network', error: (error as Error).message });
  }
}

function reachOf({ mode, interface: card, address, gateway, dns }: NetworkConfig): Reach {
  return { mode, interface: card, address, gateway, dns };
}

function chosenCard(config: NetworkConfig, { cards }: NetworkFacts): NetworkFacts['cards'][number] | undefined {
  if (config.interface !== '') return cards.find(({ name }) => name === config.interface);
  return cards.find(({ link }) => link) ?? cards[0];
}

/** What the helper is asked for. @returns in words why nothing can be asked */
export function networkWish(config: NetworkConfig, facts: NetworkFacts, hostName: string): NetworkWish | string {
  const card = chosenCard(config, facts);
  if (!card) return config.interface ? `there is no network card ${config.interface}` : 'there is no network card';
  const base = { interface: card.name, hostName };
  if (config.mode === 'dhcp') return { ...base, fixed: null };
  if (config.address === null) return 'a fixed address was chosen, but system.network.address is empty';
  if (!config.address.includes('/')) return 'system.network.address needs the length of its network: 192.168.1.5/24';
  return { ...base, fixed: { address: config.address, gateway: config.gateway, dns: config.dns } };
}

async function readTrial(file: string): Promise<Trial | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Trial;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
