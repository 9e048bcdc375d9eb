import type { AddressInfo, Socket } from 'node:net';
import { ConnectionLimits } from './connection-limits.ts';
import { Listener, type ListenerName, type SmtpParts } from './listener.ts';

/**
 * Mail in: SMTP (RFC 5321), submission with STARTTLS (RFC 6409) and with TLS (RFC 8314). A message is answered with 250
 * only after the queue has it on stable storage; there is no relaying for strangers.
 */
export class SmtpServer {
  readonly #parts: SmtpParts;
  readonly #limits: ConnectionLimits;
  #listeners: Listener[] = [];
  #local: Listener | undefined;

  constructor(parts: SmtpParts) {
    this.#parts = parts;
    this.#limits = new ConnectionLimits(parts.config);
  }

  /**
   * Opens the ports that the configuration enables. @returns where they are.
   * @throws Error when one cannot be had; then none is open.
   */
  async listen(): Promise<Partial<Record<ListenerName, AddressInfo>>> {
    const addresses: Partial<Record<ListenerName, AddressInfo>> = {};
    for (const name of ['smtp', 'submission', 'submissions'] as const) {
      if (!this.#parts.config()[name].enabled) continue;
      const listener = new Listener(name, this.#parts, this.#limits);
      this.#listeners.push(listener);
      try {
        addresses[name] = await listener.start();
      } catch (error) {
        this.#listeners.pop();
        await this.close(0);
        throw error;
      }
    }
    return addresses;
  }

  /** An SMTP session with a program of this box, over a connection that only it could open (`sendmail -bs`). */
  serveLocal(socket: Socket): void {
    if (!this.#local) {
      this.#local = new Listener('local', this.#parts, this.#limits);
      this.#listeners.push(this.#local);
    }
    this.#local.serveLocal(socket);
  }

  /** Idle sessions end at once; those that are sending a message may go on for so long. */
  async close(graceMs: number): Promise<void> {
    const listeners = this.#listeners;
    this.#listeners = [];
    this.#local = undefined;
    await Promise.all(listeners.map((listener) => listener.stop(graceMs)));
  }
}
