import { plural } from '../../src/lib/words.ts';
import type { Confirmation, LineQuality } from '../line/circuit.ts';
import { clearLine } from '../line/circuit.ts';
import { type FaxVector, fullVector } from '../line/vector.ts';

/** How a far station behaves in a call. All of it is data, so that a test or the demo changes one thing at a time. */
export interface Behaviour {
  /**
   * What becomes of a call to it: a fax machine or a person answers, the number is engaged, nobody comes to the
   * telephone, somebody lifts and hangs up, the number does not exist.
   */
  readonly answer: 'fax' | 'voice' | 'busy' | 'no-answer' | 'hangs-up' | 'unobtainable';
  readonly ringsBeforeAnswer: number;
  /** What the machine can do, and the line with it (speeds above are not offered). */
  readonly able: FaxVector;
  readonly quality: LineQuality;
  /** Extra network time before each answer of the machine, ms. */
  readonly slowMs: number;
  /** Answers given in the place of its own verdict, in order: to the first page it gets, the second, ... */
  readonly verdicts: readonly Confirmation[];
}

export const goodBehaviour: Behaviour = {
  answer: 'fax',
  ringsBeforeAnswer: 1,
  able: fullVector,
  quality: clearLine,
  slowMs: 0,
  verdicts: [],
};

/** The changes laid over the good behaviour, newest first; a change may hold for a number of calls. */
export class BehaviourStack {
  readonly #base: Behaviour;
  readonly #changes: { readonly change: Partial<Behaviour>; calls: number }[] = [];

  constructor(base: Partial<Behaviour> = {}) {
    this.#base = { ...goodBehaviour, ...base };
  }

  get now(): Behaviour {
    return Object.assign({}, this.#base, ...this.#changes.map(({ change }) => change).toReversed());
  }

  /** Lays `change` on top for the next `calls` calls. Returns the way to take it away. */
  push(change: Partial<Behaviour>, calls = Number.POSITIVE_INFINITY): () => void {
    const entry = { change, calls };
    this.#changes.unshift(entry);
    return () => this.#remove(entry);
  }

  /** The behaviour in a call that begins now. */
  forCall(): Behaviour {
    const behaviour = this.now;
    for (const entry of [...this.#changes]) if (--entry.calls <= 0) this.#remove(entry);
    return behaviour;
  }

  #remove(entry: { readonly change: Partial<Behaviour>; calls: number }): void {
    const index = this.#changes.indexOf(entry);
    if (index >= 0) this.#changes.splice(index, 1);
  }
}

const answers: Readonly<Record<Behaviour['answer'], string>> = {
  fax: 'answers',
  voice: 'a person answers',
  busy: 'is busy',
  'no-answer': 'does not answer',
  'hangs-up': 'hangs up at once',
  unobtainable: 'is no number in service',
};

/** The behaviour in a few words, for lists. */
export function describe({ answer, able, quality, slowMs, verdicts }: Behaviour): string {
  const words: string[] = [answers[answer]];
  if (answer === 'fax') {
    const { drop, failedTrainings, noisyPages } = quality;
    if (drop) words.push(`line drops ${drop.when} page ${drop.page}`);
    if (failedTrainings > 0) words.push(plural(failedTrainings, 'failed training'));
    for (const { page, attempts } of noisyPages) words.push(`page ${page} spoiled ${plural(attempts, 'time')}`);
    if (Number.isFinite(quality.cleanUpTo)) words.push(`clean up to ${quality.cleanUpTo} bit/s`);
    if (able.ec === 0) words.push('no error correction');
    if (able.vr === 0) words.push('no fine resolution');
    if (able.br < fullVector.br) words.push('slow modem');
    if (slowMs > 0) words.push('slow answers');
    if (verdicts.length > 0) words.push(`answers ${verdicts.join(', ')}`);
  }
  return words.join(', ');
}
