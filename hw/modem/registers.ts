/** S0 rings to answer, S7 seconds to wait for the far side, S8 seconds of a comma. */
const initial: Readonly<Record<number, number>> = { 7: 60, 8: 2 };

/** The S registers. */
export class Registers {
  readonly #values = new Map<number, number>();

  value(register: number): number {
    return this.#values.get(register) ?? initial[register] ?? 0;
  }

  /** @returns false for what no register holds */
  set(register: number, value: number): boolean {
    if (value > 255) return false;
    this.#values.set(register, value);
    return true;
  }

  reset(): void {
    this.#values.clear();
  }
}
