import type { ModemPort } from './port.ts';

/**
 * Two ports that are each other's far end, in memory. A write resolves when the other side's listener has had the
 * bytes, in a later turn, as a real port would.
 */
export function memoryPair(names: readonly [string, string] = ['memory:a', 'memory:b']): [ModemPort, ModemPort] {
  const a = new MemoryPort(names[0]);
  const b = new MemoryPort(names[1]);
  a.join(b);
  b.join(a);
  return [a, b];
}

class MemoryPort implements ModemPort {
  readonly name: string;
  #far: MemoryPort | undefined;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #onClosed: ((error?: Error) => void) | undefined;
  #waiting: Uint8Array[] = [];
  #closed = false;

  constructor(name: string) {
    this.name = name;
  }

  join(far: MemoryPort): void {
    this.#far = far;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice();
    await Promise.resolve();
    if (this.#closed) throw new Error(`${this.name} is closed`);
    this.#far?.take(copy);
  }

  take(bytes: Uint8Array): void {
    if (this.#listener) this.#listener(bytes);
    else this.#waiting.push(bytes);
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const bytes of waiting) listener(bytes);
  }

  onClosed(listener: (error?: Error) => void): void {
    this.#onClosed = listener;
  }

  async setDtr(): Promise<void> {}

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed?.();
    await this.#far?.farClosed();
  }

  async farClosed(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed?.(new Error('the far end was closed'));
  }
}
