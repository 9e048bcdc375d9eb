import type { AddressInfo } from 'node:net';

/** By listener: `submission`, `imaps`, …; undefined for one that is off. */
type Addresses = Readonly<Record<string, AddressInfo | undefined>>;

/** A server of the box: what starts it, and which settings it must be started again for. */
export interface Service {
  readonly name: string;
  /** A change of a setting at or below one of these paths starts it again. */
  readonly restartedBy: readonly string[];
  /** @returns where it listens. */
  start(): Promise<Addresses>;
  stop(graceMs: number): Promise<void>;
}

interface Server {
  listen(): Promise<Addresses>;
  close(graceMs: number): Promise<void>;
}

/** A service whose server is made anew at each start, with the settings of that moment. */
export function server(name: string, restartedBy: readonly string[], make: () => Server): Service {
  let made: Server | undefined;
  return {
    name,
    restartedBy,
    start: () => {
      made = make();
      return made.listen();
    },
    stop: async (graceMs) => made?.close(graceMs),
  };
}

/** Runs the servers of the box, and starts those again whose ports or limits were changed. */
export class Services {
  readonly #services: readonly Service[];
  readonly #failed: (service: string, error: unknown) => void;
  readonly #addresses = new Map<string, Addresses>();
  #turn: Promise<void> = Promise.resolve();

  constructor(services: readonly Service[], failed: (service: string, error: unknown) => void) {
    this.#services = services;
    this.#failed = failed;
  }

  /** @throws Error of the first that cannot start; then none runs. */
  async start(): Promise<void> {
    for (const service of this.#services) {
      try {
        this.#addresses.set(service.name, await service.start());
      } catch (error) {
        await this.stop(0);
        throw error;
      }
    }
  }

  /** Where everything listens. */
  listeners(): Record<string, { readonly address: string; readonly port: number }> {
    const all = [...this.#addresses.values()].flatMap((listeners) => Object.entries(listeners));
    return Object.fromEntries(
      all.flatMap(([name, at]) => (at ? [[name, { address: at.address, port: at.port }]] : [])),
    );
  }

  /** Told of changed settings by their paths. One change at a time; resolves when the servers run again. */
  changed(paths: readonly string[], graceMs: number): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      for (const service of this.#services) {
        if (!service.restartedBy.some((own) => paths.some((path) => path === own || path.startsWith(`${own}.`))))
          continue;
        this.#addresses.delete(service.name);
        try {
          await service.stop(graceMs);
          this.#addresses.set(service.name, await service.start());
        } catch (error) {
          this.#failed(service.name, error);
        }
      }
    });
    return this.#turn;
  }

  async stop(graceMs: number): Promise<void> {
    await this.#turn;
    await Promise.all(this.#services.filter(({ name }) => this.#addresses.has(name)).map((one) => one.stop(graceMs)));
    this.#addresses.clear();
  }
}
