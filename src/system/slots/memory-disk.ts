import type { OpenRaw } from './raw-file.ts';

/** The power is gone. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

const sectorBytes = 512;

interface Part {
  /** What a reader sees. */
  readonly seen: Buffer;
  /** What is on the medium. */
  readonly kept: Buffer;
  /** Sectors that were written and not synced. */
  readonly waiting: Set<number>;
}

/**
 * Partitions and files of fixed size in memory, for tests: what was written and not synced is lost, kept or torn between
 * two sectors when the power goes, which it does at a chosen write or sync.
 */
export class MemoryDisk {
  readonly #parts = new Map<string, Part>();
  /** Writes and syncs so far. */
  steps = 0;
  /** The power goes at this one. */
  cutAt = Number.POSITIVE_INFINITY;
  readonly #isKept: () => boolean;

  /** @param isKept decides for each waiting sector whether it reached the medium */
  constructor(parts: Readonly<Record<string, Uint8Array>>, isKept: () => boolean = () => false) {
    this.#isKept = isKept;
    for (const [path, content] of Object.entries(parts))
      this.#parts.set(path, { seen: Buffer.from(content), kept: Buffer.from(content), waiting: new Set() });
  }

  readonly open: OpenRaw = async (path) => {
    const part = this.#parts.get(path);
    if (!part) throw Object.assign(new Error(`there is no ${path}`), { code: 'ENOENT' });
    return {
      sizeBytes: part.seen.length,
      read: async (at, length) => Buffer.from(part.seen.subarray(at, at + length)),
      write: async (at, bytes) => {
        part.seen.set(bytes, at);
        for (let sector = Math.floor(at / sectorBytes); sector * sectorBytes < at + bytes.length; sector++)
          part.waiting.add(sector);
        this.#step();
      },
      sync: async () => {
        // A cut during the sync leaves some of it.
        this.#step();
        settle(part, () => true);
      },
      close: async () => {},
    };
  };

  /** What is on the medium, after a power cut; otherwise what was written. */
  content(path: string): Buffer {
    return this.#parts.get(path)!.seen;
  }

  #step(): void {
    this.steps++;
    if (this.steps < this.cutAt) return;
    for (const part of this.#parts.values()) {
      settle(part, this.#isKept);
      part.seen.set(part.kept);
    }
    throw new PowerCut();
  }
}

function settle({ seen, kept, waiting }: Part, isKept: () => boolean): void {
  for (const sector of waiting) {
    const at = sector * sectorBytes;
    if (isKept()) seen.copy(kept, at, at, at + sectorBytes);
  }
  waiting.clear();
}
