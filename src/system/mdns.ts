import type { CiaoService, Responder } from '@homebridge/ciao';

/** What is told in the local network. */
export interface Announcement {
  /** `caselli-1a2b`; `.local` is added. */
  readonly hostName: string;
  readonly http: number | undefined;
  readonly https: number | undefined;
}

/**
 * Where the panel begins, for browsers (RFC 6763 §6). Must not be empty: the library reads an empty one back as another, takes its
 * own word for that of a stranger, and begins again without end.
 */
const txt = { path: '/' } as const;

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
  readonly #services = new Set<CiaoService>();
  /** Until it is known whether the names are free, or nobody wants to know any more. */
  #advertised: Promise<unknown> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();

  constructor(announcement: () => Announcement, fault: (error: unknown) => void) {
    this.#announcement = announcement;
    this.#fault = fault;
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#begin());
  }

  /**
   * The box has other addresses: all is told anew. The library itself follows changes, but never speaks on a card that had
   * no IPv4 address when it began.
   */
  restart(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      await this.#begin();
    });
  }

  /** Says good-bye, so that nobody looks for the box here any more. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#end());
  }

  async #begin(): Promise<void> {
    if (this.#responder) return;
    const { getResponder } = await import('@homebridge/ciao');
    this.#responder = getResponder();
    this.#announce(this.#responder);
  }

  async #end(): Promise<void> {
    const responder = this.#responder;
    this.#responder = undefined;
    // One by one: shut down in the middle of an announcement, the library would try it again and again without a socket.
    await Promise.all([...this.#services].map((service) => service.destroy().catch(this.#fault)));
    this.#services.clear();
    await this.#advertised;
    await responder?.shutdown();
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
      txt,
    });
    const plain = responder.createService({
      name: `Caselli (${hostName})`,
      type: type(http ?? first),
      port: http ?? first,
      hostname: plainName,
      txt,
    });
    plain.on('hostname-change', () => this.#giveUp(plain));
    for (const service of [own, plain]) this.#services.add(service);
    this.#advertised = Promise.all([own, plain].map((service) => service.advertise().catch(this.#fault)));
  }

  /** Another box has the plain name; a numbered one would help nobody. */
  #giveUp(service: CiaoService): void {
    this.#services.delete(service);
    service.destroy().catch(this.#fault);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch(this.#fault);
    return this.#turn;
  }
}
