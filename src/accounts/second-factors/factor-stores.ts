import { readFile } from 'node:fs/promises';
import { removeDurable, writeDurable } from '../../lib/durable.ts';
import { whenMissing } from '../../lib/optional-file.ts';
import type { Directory } from '../directory.ts';
import { type FactorStore, type Factors, readFactors } from './factors.ts';

/** Second factors of people in the directory, those of the administrator of the box in a file beside its password. */
export class BoxFactorStore implements FactorStore {
  readonly #directory: Directory;
  readonly #file: string;
  #administrator: Factors | undefined;

  private constructor(directory: Directory, file: string, administrator: Factors | undefined) {
    this.#directory = directory;
    this.#file = file;
    this.#administrator = administrator;
  }

  /** @throws Error when the file is there and cannot be read as second factors: the door must not open over it */
  static async open(directory: Directory, file: string): Promise<BoxFactorStore> {
    const text = await readFile(file, 'utf8').catch(whenMissing);
    return new BoxFactorStore(directory, file, text === undefined ? undefined : readFactors(text));
  }

  read(account: string): Factors | undefined {
    if (account === '') return this.#administrator;
    const text = this.#directory.secondFactors(account);
    return text === undefined ? undefined : readFactors(text);
  }

  all(): readonly (readonly [string, Factors])[] {
    const people = this.#directory.allSecondFactors().map(([account, text]) => [account, readFactors(text)] as const);
    return this.#administrator ? [['', this.#administrator], ...people] : people;
  }

  async write(account: string, factors: Factors | undefined): Promise<void> {
    if (account !== '') return this.#directory.setSecondFactors(account, factors && JSON.stringify(factors));
    if (factors) await writeDurable(this.#file, `${JSON.stringify(factors)}\n`);
    else await removeDurable(this.#file).catch(whenMissing);
    this.#administrator = factors;
  }
}
