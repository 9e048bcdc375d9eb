import type { Config } from '../config/schema.ts';

/** Connections at one time over all SMTP ports, and from one address. */
export class ConnectionLimits {
  readonly #config: () => Pick<Config['smtp'], 'maxConnections' | 'maxConnectionsPerClient'>;
  readonly #byRemote = new Map<string, number>();
  #all = 0;

  constructor(config: () => Pick<Config['smtp'], 'maxConnections' | 'maxConnectionsPerClient'>) {
    this.#config = config;
  }

  /** Counts one more. @returns what to call when it has ended, or why it is refused. */
  admit(remote: string): (() => void) | string {
    const { maxConnections, maxConnectionsPerClient } = this.#config();
    if (this.#all >= maxConnections) return 'too many connections, try again later';
    if ((this.#byRemote.get(remote) ?? 0) >= maxConnectionsPerClient)
      return 'too many connections from your address, try again later';
    this.#count(remote, 1);
    let over = false;
    return () => {
      if (!over) this.#count(remote, -1);
      over = true;
    };
  }

  #count(remote: string, change: 1 | -1): void {
    this.#all += change;
    const now = (this.#byRemote.get(remote) ?? 0) + change;
    if (now > 0) this.#byRemote.set(remote, now);
    else this.#byRemote.delete(remote);
  }
}
