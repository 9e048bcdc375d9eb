import type { FolderChanges, MessageInfo } from '../store/types.ts';
import { resolveSet, type SequenceSet } from './sequence-set.ts';

/** A message as the client knows it. */
export interface NumberedMessage {
  readonly sequence: number;
  readonly info: MessageInfo;
}

/** What the client must hear, in this order (RFC 9051 §7.5.1). */
export interface ViewReport {
  /** Sequence numbers, each counting those before it as gone already. */
  readonly expunged: readonly number[];
  /** The new number of messages, if there are more. */
  readonly exists: number | undefined;
  /** Messages whose flags are others than the client was told. */
  readonly changed: readonly NumberedMessage[];
}

/**
 * Message sequence numbers of one session: the folder as the client has been told it is, whatever happened since. Only
 * `report` moves it on. Pure.
 */
export class SequenceView {
  /** In order of UID; the index is the sequence number less one. */
  #uids: number[];
  /** Newest knowledge of those and of the ones that the client does not know yet. */
  readonly #infos = new Map<number, MessageInfo>();
  #added: number[] = [];
  readonly #expunged = new Set<number>();
  readonly #changed = new Set<number>();

  constructor(messages: readonly MessageInfo[]) {
    this.#uids = messages.map((info) => info.uid);
    for (const info of messages) this.#infos.set(info.uid, info);
  }

  /** Messages that the client knows of. */
  get size(): number {
    return this.#uids.length;
  }

  /** Something waits to be reported. */
  get stale(): boolean {
    return this.#added.length > 0 || this.#expunged.size > 0 || this.#changed.size > 0;
  }

  /** UIDs that came and were not reported. */
  get added(): readonly number[] {
    return this.#added;
  }

  /** Messages that the client knows of and that are still there. */
  present(): MessageInfo[] {
    return this.#uids.filter((uid) => !this.#expunged.has(uid)).map((uid) => this.#infos.get(uid)!);
  }

  /** Takes in what happened in the folder; the same news twice does no harm. */
  note(changes: FolderChanges): void {
    const last = this.#added.at(-1) ?? this.#uids.at(-1) ?? 0;
    for (const info of changes.added) {
      if (info.uid <= last) {
        this.#update(info);
        continue;
      }
      this.#added.push(info.uid);
      this.#infos.set(info.uid, info);
    }
    this.#added.sort((a, b) => a - b);
    for (const info of changes.changed) this.#update(info);
    for (const uid of changes.expunged) this.#remove(uid);
  }

  #update(info: MessageInfo): void {
    const known = this.#infos.get(info.uid);
    if (!known || info.modSeq < known.modSeq) return;
    this.#infos.set(info.uid, info);
    if (!sameFlags(known.flags, info.flags) && this.sequenceOf(info.uid) > 0) this.#changed.add(info.uid);
  }

  #remove(uid: number): void {
    this.#changed.delete(uid);
    if (this.sequenceOf(uid) > 0) {
      this.#expunged.add(uid);
      return;
    }
    this.#added = this.#added.filter((one) => one !== uid);
    this.#infos.delete(uid);
  }

  /** The client is being told the flags of this message. */
  told(uid: number): void {
    this.#changed.delete(uid);
  }

  /** @returns 0 when the client does not know the UID. */
  sequenceOf(uid: number): number {
    const index = this.#firstFrom(uid);
    return this.#uids[index] === uid ? index + 1 : 0;
  }

  /** Whether it was expunged and the client does not know yet. */
  gone(uid: number): boolean {
    return this.#expunged.has(uid);
  }

  info(uid: number): MessageInfo | undefined {
    return this.#infos.get(uid);
  }

  /** The messages of a set, in order; UIDs that are not there are left out. @returns undefined for a sequence number that is not there. */
  select(set: SequenceSet, byUid: boolean): NumberedMessage[] | undefined {
    const largest = byUid ? (this.#uids.at(-1) ?? 0) : this.size;
    const chosen: NumberedMessage[] = [];
    for (const [low, high] of resolveSet(set, largest)) {
      if (!byUid && (low < 1 || high > this.size)) return undefined;
      const start = byUid ? this.#firstFrom(low) : low - 1;
      for (let at = start; at < this.size && (byUid ? this.#uids[at]! : at + 1) <= high; at++) {
        chosen.push({ sequence: at + 1, info: this.#infos.get(this.#uids[at]!)! });
      }
    }
    return chosen;
  }

  all(): NumberedMessage[] {
    return this.#uids.map((uid, index) => ({ sequence: index + 1, info: this.#infos.get(uid)! }));
  }

  /** What the client is to be told now; without `expunge` numbers hold still. */
  report(expunge: boolean): ViewReport {
    const expunged = expunge ? this.#forget() : [];
    const exists = this.#added.length > 0 ? this.size + this.#added.length : undefined;
    this.#uids.push(...this.#added.splice(0));
    const changed = [...this.#changed]
      .sort((a, b) => a - b)
      .map((uid) => ({ sequence: this.sequenceOf(uid), info: this.#infos.get(uid)! }));
    this.#changed.clear();
    return { expunged, exists, changed };
  }

  /** Highest number first, so that none moves another. */
  #forget(): number[] {
    if (this.#expunged.size === 0) return [];
    const numbers = [...this.#expunged].map((uid) => this.sequenceOf(uid)).sort((a, b) => b - a);
    this.#uids = this.#uids.filter((uid) => !this.#expunged.has(uid));
    for (const uid of this.#expunged) this.#infos.delete(uid);
    this.#expunged.clear();
    return numbers;
  }

  #firstFrom(uid: number): number {
    let low = 0;
    let high = this.#uids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#uids[middle]! < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sameFlags(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((flag, index) => flag === other[index]);
}
