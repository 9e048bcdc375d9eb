import type { CircuitEnd } from '../line/circuit.ts';
import type { DialOutcome, PhoneLine, Ring } from '../line/phone-line.ts';
import type { BehaviourStack } from './behaviour.ts';
import type { StationPage } from './far-station.ts';

/** A number of the exchange: one call at a time. */
interface SubscriberBase {
  readonly number: string;
  /** Name that caller id shows. */
  readonly name: string;
  readonly behaviour: BehaviourStack;
  state: 'idle' | 'ringing' | 'engaged';
}

/** A far machine that the exchange plays itself. */
export interface Station extends SubscriberBase {
  readonly kind: 'station';
  /** Station id: CSI and TSI. */
  readonly stationId: string;
  /** What it holds ready to be polled. */
  readonly document: readonly StationPage[];
}

/** A line with a modem on it. */
export interface ModemSubscriber extends SubscriberBase {
  readonly kind: 'modem';
  readonly line: ModemLine;
}

export type Subscriber = Station | ModemSubscriber;

/** The wires between the exchange and a modem. */
export class ModemLine implements PhoneLine {
  readonly number: string;
  readonly #dial: (digits: string, waitMs: number, signal: AbortSignal) => Promise<DialOutcome>;
  #onRing: (ring: Ring) => void = () => {};
  /** Set while a call rings: connects it. */
  #take: (() => CircuitEnd) | undefined;

  constructor(number: string, dial: (digits: string, waitMs: number, signal: AbortSignal) => Promise<DialOutcome>) {
    this.number = number;
    this.#dial = dial;
  }

  dial(digits: string, waitMs: number, signal: AbortSignal): Promise<DialOutcome> {
    return this.#dial(digits, waitMs, signal);
  }

  answer(): CircuitEnd | undefined {
    const take = this.#take;
    this.#take = undefined;
    return take?.();
  }

  onRing(listener: (ring: Ring) => void): void {
    this.#onRing = listener;
  }

  /** @internal The exchange puts a call on the line, or takes it off. */
  offer(take: (() => CircuitEnd) | undefined): void {
    this.#take = take;
  }

  /** @internal */
  ring(ring: Ring): void {
    this.#onRing(ring);
  }
}
