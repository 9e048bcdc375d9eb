import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../lib/clock.ts';
import { makeFolder, removeDurable, writeDurable } from '../lib/durable.ts';
import type { EventBus } from '../lib/events.ts';
import { readNewerConfig } from './newer-config.ts';
import { type Config, type ConfigDocument, type ConfigProblem, configSchema, readConfig } from './schema.ts';

/** The configuration cannot be used, or a change was refused; nothing was changed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ path, message }) => (path ? `${path} ${message}` : message)).join('; '));
    this.problems = problems;
  }
}

/** Where the file is, and who hears of changes. */
export interface ConfigPlace {
  readonly folder: string;
  readonly clock: Clock;
  readonly events: EventBus;
  /** A newer version of the program has written to the folder: what this one does not know is passed over and kept. */
  readonly isOfNewer?: boolean;
  /** The JSON Schema is written beside it, for editors. Making it costs a small box a second at its start. */
  readonly withSchema?: boolean;
}

/** Former versions kept in `history/`. */
const historyLimit = 100;

/**
 * Owner of `config.json`. A change is checked whole and applied whole: the former document goes to `history/`, the new
 * one replaces the file in one step, then listeners hear of it. A file changed by hand is taken when it is valid.
 */
export class ConfigStore {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #events: EventBus;
  readonly #isOfNewer: boolean;
  readonly #listeners = new Set<(config: Config, changed: readonly string[]) => void>();
  #document: ConfigDocument;
  #config: Config;
  #version: number;
  #turn: Promise<unknown> = Promise.resolve();
  #problems: readonly ConfigProblem[] = [];
  #passedOver: readonly ConfigProblem[];

  private constructor(place: ConfigPlace, state: { document: ConfigDocument; reading: Reading; version: number }) {
    this.#folder = place.folder;
    this.#clock = place.clock;
    this.#events = place.events;
    this.#isOfNewer = place.isOfNewer ?? false;
    this.#document = state.document;
    this.#config = state.reading.config;
    this.#passedOver = state.reading.problems;
    this.#version = state.version;
  }

  /**
   * Reads `config.json` of the data folder; makes it from `initial` when there is none.
   * @throws ConfigError naming each wrong setting.
   */
  static async open(place: ConfigPlace, initial: ConfigDocument = {}): Promise<ConfigStore> {
    await makeFolder(join(place.folder, 'history'));
    if (place.withSchema) await writeWhenOther(join(place.folder, 'config.schema.json'), schemaText());
    const path = join(place.folder, 'config.json');
    let text = await readOptional(path);
    if (text === undefined) {
      text = documentText(initial);
      await writeDurable(path, text);
    }
    const document = parseDocument(text);
    const reading = place.isOfNewer ? readNewerConfig(document) : valid(document);
    const version = ((await historyFiles(place.folder)).at(-1)?.version ?? 0) + 1;
    return new ConfigStore(place, { document, reading, version });
  }

  /** The configuration in force. Never changes in place: ask again after a change. */
  get config(): Config {
    return this.#config;
  }

  /** The document as written: only what differs from the defaults need be in it. */
  get document(): ConfigDocument {
    return this.#document;
  }

  /** Counts the changes. */
  get version(): number {
    return this.#version;
  }

  /** What a newer version has written into the document in force, and this one does not know or cannot use. */
  get passedOver(): readonly ConfigProblem[] {
    return this.#passedOver;
  }

  /** What is wrong with a file that was changed by hand and therefore is not in force. */
  get problems(): readonly ConfigProblem[] {
    return this.#problems;
  }

  /** Hears of each change after it is in force, with the paths that changed. Returns the way to stop. */
  onChange(listener: (config: Config, changed: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Sets one setting by its path (`smtp.submission.port`); `undefined` returns it to its default.
   * @throws ConfigError when the whole would not be valid then.
   */
  set(path: string, value: unknown): Promise<void> {
    return this.change((document) => withValue(document, path.split('.'), value) as ConfigDocument);
  }

  /** Replaces the document by what `edit` makes of it. One change at a time. @throws ConfigError */
  change(edit: (document: ConfigDocument) => ConfigDocument): Promise<void> {
    const run = this.#turn.then(async () => {
      const document = edit(structuredClone(this.#document));
      const reading = this.#read(document);
      await writeDurable(
        join(this.#folder, 'history', historyName(this.#version, this.#clock.now())),
        documentText(this.#document),
      );
      await writeDurable(join(this.#folder, 'config.json'), documentText(document));
      this.#apply(document, reading);
      await this.#trimHistory();
    });
    this.#turn = run.catch(() => {});
    return run;
  }

  /** The former documents, newest first: each with the version that it had, and the time at which it was replaced. */
  async history(): Promise<readonly { readonly version: number; readonly until: number }[]> {
    const files = await historyFiles(this.#folder);
    return files.map(({ version, until }) => ({ version, until })).toReversed();
  }

  /** A former document; undefined when it is kept no more. @throws ConfigError when it cannot be read */
  async former(version: number): Promise<ConfigDocument | undefined> {
    const file = (await historyFiles(this.#folder)).find((one) => one.version === version);
    return file && parseDocument(await readFile(join(this.#folder, 'history', file.name), 'utf8'));
  }

  /** What a document would change, without doing it. @throws ConfigError when it would not be valid */
  compare(document: ConfigDocument): { readonly config: Config; readonly changed: readonly string[] } {
    const { config } = this.#read(document);
    return { config, changed: differences(this.#config, config) };
  }

  /** Follows changes of the file made by hand until the signal aborts; a wrong file is reported and left out of force. */
  follow(signal: AbortSignal): void {
    const fault = (error: unknown): void =>
      this.#events.emit('box.fault', { where: 'config.json', error: `changes by hand are not seen: ${error}` });
    try {
      watch(this.#folder, { signal }, (_kind, name) => {
        if (name === 'config.json') this.#turn = this.#turn.then(() => this.#reread()).catch(fault);
      }).on('error', fault);
    } catch (error) {
      // The system's watches are used up; that is no reason not to serve.
      fault(error);
    }
  }

  async #reread(): Promise<void> {
    const text = await readOptional(join(this.#folder, 'config.json'));
    if (text === undefined) return;
    try {
      const document = parseDocument(text);
      const reading = this.#read(document);
      this.#problems = [];
      if (isDeepStrictEqual(document, this.#document)) return;
      await writeDurable(
        join(this.#folder, 'history', historyName(this.#version, this.#clock.now())),
        documentText(this.#document),
      );
      this.#apply(document, reading);
      await this.#trimHistory();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#problems = error.problems;
      this.#events.emit('box.fault', { where: 'config.json', error: error.message });
    }
  }

  /** What was passed over may stay as it is; everything else must be right. @throws ConfigError */
  #read(document: ConfigDocument): Reading {
    if (!this.#isOfNewer) return valid(document);
    const reading = readNewerConfig(document);
    const added = reading.problems.filter((one) => !this.#passedOver.some((known) => isDeepStrictEqual(known, one)));
    if (added.length > 0) throw new ConfigError(added);
    return reading;
  }

  #apply(document: ConfigDocument, { config, problems }: Reading): void {
    const changed = differences(this.#config, config);
    this.#document = document;
    this.#config = config;
    this.#passedOver = problems;
    this.#version++;
    this.#events.emit('config.changed', { version: this.#version, paths: changed });
    for (const listener of this.#listeners) listener(config, changed);
  }

  async #trimHistory(): Promise<void> {
    const files = await historyFiles(this.#folder);
    for (const { name } of files.slice(0, -historyLimit)) await removeDurable(join(this.#folder, 'history', name));
  }
}

/** One value of a configuration or document by its path; undefined when there is none. */
export function valueAt(whole: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isContainer(value) ? value[key] : undefined), whole);
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A copy in which the value at a path is another one; `undefined` takes it away. */
export function withValue(container: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  const base = Array.isArray(container) ? [...container] : isContainer(container) ? { ...container } : {};
  const slots = base as Record<string, unknown>;
  const next = rest.length > 0 ? withValue(slots[key!], rest, value) : value;
  if (next === undefined && Array.isArray(base)) base.splice(Number(key), 1);
  else if (next === undefined) delete slots[key!];
  else Object.defineProperty(slots, key!, { value: next, enumerable: true, configurable: true, writable: true });
  return base;
}

/** Paths of the settings that differ; arrays count as one setting. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) || Array.isArray(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], path ? `${path}.${key}` : key));
}

/** A configuration, and what of its document is passed over. */
interface Reading {
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
}

function valid(document: ConfigDocument): Reading {
  const reading = readConfig(document);
  if (reading.kind === 'invalid') throw new ConfigError(reading.problems);
  return { config: reading.config, problems: [] };
}

/** @throws ConfigError when the text is not JSON */
export function parseDocument(text: string): ConfigDocument {
  try {
    const { $schema: _, ...document } = JSON.parse(text);
    return document;
  } catch (error) {
    throw new ConfigError([{ path: '', message: `the file is not JSON: ${(error as Error).message}` }]);
  }
}

function documentText(document: ConfigDocument): string {
  return `${JSON.stringify({ $schema: './config.schema.json', ...document }, null, 2)}\n`;
}

export function schemaText(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  return `${JSON.stringify({ ...schema, properties: { $schema: { type: 'string' }, ...schema.properties } }, null, 2)}\n`;
}

async function writeWhenOther(path: string, text: string): Promise<void> {
  if ((await readOptional(path)) !== text) await writeDurable(path, text, 0o644);
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function historyName(version: number, at: number): string {
  return `config-${String(version).padStart(6, '0')}-${new Date(at).toISOString().replaceAll(':', '')}.json`;
}

const historyPattern = /^config-(\d+)-(\d{4}-\d{2}-\d{2}T\d{2})(\d{2})(\d{2}\.\d{3}Z)\.json$/;

async function historyFiles(folder: string): Promise<{ name: string; version: number; until: number }[]> {
  const names = await readdir(join(folder, 'history'));
  return names
    .flatMap((name) => {
      const [, version, hour, minute, second] = historyPattern.exec(name) ?? [];
      return version ? [{ name, version: Number(version), until: Date.parse(`${hour}:${minute}:${second}`) }] : [];
    })
    .toSorted((a, b) => a.version - b.version);
}
