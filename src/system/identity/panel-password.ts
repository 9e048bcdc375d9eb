import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurable } from '../../lib/durable.ts';

const document = z.union([z.strictObject({ oneTime: z.string().min(8) }), z.strictObject({ hash: z.string().min(1) })]);

/** How passwords are hashed and made: given by the composition, which has them from the accounts. */
export interface PasswordMeans {
  hash(password: string): Promise<string>;
  /** Takes as long for a wrong password as for a right one. */
  verify(password: string, hash: string): Promise<boolean>;
  /** A password that people read off a display. */
  make(): string;
}

/**
 * The password of the administrator for the panel. A new box has a one-time password, shown on its console and front
 * panel; it is good until the administrator sets another, of which only the hash is kept.
 */
export class PanelPassword {
  readonly #file: string;
  readonly #means: PasswordMeans;
  #kept: z.output<typeof document>;
  #generation = 0;

  private constructor(file: string, means: PasswordMeans, kept: z.output<typeof document>) {
    this.#file = file;
    this.#means = means;
    this.#kept = kept;
  }

  /** Makes a one-time password when there is none yet, or the file cannot be read as one. */
  static async open(file: string, means: PasswordMeans): Promise<PanelPassword> {
    const kept = await read(file);
    if (kept) return new PanelPassword(file, means, kept);
    const password = new PanelPassword(file, means, { oneTime: means.make() });
    await password.#write(password.#kept);
    return password;
  }

  /** To be shown to whoever stands before the box; undefined once the administrator has set a password. */
  get oneTime(): string | undefined {
    return 'oneTime' in this.#kept ? this.#kept.oneTime : undefined;
  }

  /** Another number after each change. */
  get generation(): number {
    return this.#generation;
  }

  async check(password: string): Promise<boolean> {
    // The one-time password is hashed as well, so that time tells nothing.
    const hash = 'hash' in this.#kept ? this.#kept.hash : await this.#means.hash(this.#kept.oneTime);
    return this.#means.verify(password, hash);
  }

  /** The administrator's own; the one-time password is over. The caller has checked its form. */
  async set(password: string): Promise<void> {
    await this.#write({ hash: await this.#means.hash(password) });
  }

  /** A new one-time password, for an administrator who forgot. @returns it */
  async renew(): Promise<string> {
    const oneTime = this.#means.make();
    await this.#write({ oneTime });
    return oneTime;
  }

  async #write(kept: z.output<typeof document>): Promise<void> {
    await writeDurable(this.#file, `${JSON.stringify(kept)}\n`);
    this.#kept = kept;
    this.#generation++;
  }
}

async function read(file: string): Promise<z.output<typeof document> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return document.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
