import type { CiaoService, Responder } from '@homebridge/ciao';

/** What is told in the local network. */
export interface Announcement {
  /** `caselli-1a2b`; `.local` is added. */
  readonly hostName: string;
  readonly http: number | undefined;
  readonly https: number | undefined;
}

/**
 * Where the panel begins (RFC 6763 §6.7). Without any text the library takes its own announcement for another box's when the
 * network hands it back, and announces itself anew, again and again.
 */
const panelPath = { path: '/' };

/** The plain name, taken by the first box of an office. */
const plainName = 'caselli';

/**
 * Tells the box's name and panel in the local network (multicast DNS, RFC 6762, RFC 6763): `caselli-1a2b.local`, and
 * `caselli.local` while nobody else has it. The library that speaks the protocol is loaded at the first start.
 */
export class LocalName {
  readonly #announcement: () => Announcement;
  readonly #fault: (error: unknown) => void;
  #responder: Responder | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(announcement: () => Announcement, fault: (error: unknown) => void) {
    this.#announcement = announcement;
    this.#fault = fault;
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#responder) return;
      const { getResponder } = await import('@homebridge/ciao');
      this.#responder = getResponder();
      this.#announce(this.#responder);
    });
  }

  /** Says good-bye, so that nobody looks for the box here any more. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#responder?.shutdown();
      this.#responder = undefined;
    });
  }

  #announce(responder: Responder): void {
    const { hostName, http, https } = this.#announcement();
    const first = https ?? http;
    if (first === undefined) return;
    const type = (port: number): string => (port === https ? 'https' : 'http');
    // The library takes a host name for one service only: the own name stands with one, the plain name with the other.
    const own = responder.createService({
      name: `Caselli ${hostName}`,
      type: type(first),
      port: first,
      hostname: hostName,
      txt: panelPath,
    });
    own.advertise().catch(this.#fault);
    const plain = responder.createService({
      name: `Caselli (${hostName})`,
      type: type(http ?? first),
      port: http ?? first,
      hostname: plainName,
      txt: panelPath,
    });
    plain.on('hostname-change', () => this.#giveUp(plain));
    plain.advertise().catch(this.#fault);
  }

  /** Another box has the plain name; a numbered one would help nobody. */
  #giveUp(service: CiaoService): void {
    service.destroy().catch(this.#fault);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch(this.#fault);
    return this.#turn;
  }
}
