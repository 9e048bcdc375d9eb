import { createReadStream } from 'node:fs';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { converterOf } from '../documents/media.ts';
import type { Clock } from '../lib/clock.ts';
import { makeFolder, syncFolder, writeAside, writeDurable } from '../lib/durable.ts';
import { type IdSource, idPattern } from '../lib/ids.ts';
import { DeskError } from './desk-error.ts';

/** A file that somebody brought, once, for preview and for sending. */
export interface DraftFile {
  /** Unique in the draft, and never given again. */
  readonly key: number;
  readonly name: string;
  /** Media type, as it stands in the message. */
  readonly type: string;
  readonly sizeBytes: number;
}

export interface Draft {
  readonly id: string;
  /** Whose it is; empty for the administrator of the box. Nobody else sees it. */
  readonly account: string;
  /** In the order in which they are sent. */
  readonly files: readonly DraftFile[];
  readonly changedAt: number;
  /** Of the next file. */
  readonly nextKey: number;
}

/** A draft that nobody has touched for so long goes. */
const keepMs = 24 * 3_600_000;
/** Drafts of one account; with one more the oldest goes. */
const perAccount = 5;
/** Files of one draft. */
const filesLimit = 50;
const nameLimit = 200;

export interface DraftsParts {
  readonly folder: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  /** Octets that the files of a draft may have together. */
  readonly limitBytes: () => number;
  /** Octets that are free, and that must stay so. */
  readonly freeSpace: () => Promise<number>;
  readonly minFreeSpace: () => number;
}

/**
 * What people gather before they send: `<id>/draft.json`, `<id>/<key>`. Durable, so that a restart of the box costs nobody
 * an upload; bounded in number, size and age.
 */
export class Drafts {
  readonly #parts: DraftsParts;
  readonly #drafts = new Map<string, Draft>();
  readonly #turns = new Map<string, Promise<unknown>>();

  private constructor(parts: DraftsParts) {
    this.#parts = parts;
  }

  /** What cannot be read was being written when the box stopped: it goes. */
  static async open(parts: DraftsParts): Promise<Drafts> {
    await makeFolder(parts.folder);
    const drafts = new Drafts(parts);
    for (const id of await readdir(parts.folder)) {
      const text = await readFile(join(parts.folder, id, 'draft.json'), 'utf8').catch(() => '');
      const draft = text === '' ? undefined : (JSON.parse(text) as Draft);
      if (draft && idPattern.test(id)) drafts.#drafts.set(id, draft);
      else await rm(join(parts.folder, id), { recursive: true, force: true });
    }
    await drafts.tidy();
    return drafts;
  }

  /** @throws DeskError when the account has none of this id */
  get(account: string, id: string): Draft {
    const draft = this.#drafts.get(id);
    if (draft?.account !== account)
      throw new DeskError('missing', 'what you had gathered is not there any more: please choose the files again');
    return draft;
  }

  /** A new one, without files. */
  async create(account: string): Promise<Draft> {
    await this.tidy();
    const own = [...this.#drafts.values()].filter((one) => one.account === account);
    const oldest = own.toSorted((one, other) => one.changedAt - other.changedAt);
    for (const { id } of oldest.slice(0, Math.max(0, own.length - perAccount + 1))) await this.remove(id);
    const { ids, clock } = this.#parts;
    const draft = { id: ids(), account, files: [], changedAt: clock.now(), nextKey: 1 };
    await makeFolder(this.folder(draft.id));
    return this.#keep(draft);
  }

  /**
   * Takes a file in.
   * @throws DeskError in words when it can never be faxed, or is too large
   */
  async addFile(
    account: string,
    id: string,
    file: { readonly name: string; readonly type: string },
    content: AsyncIterable<Uint8Array>,
  ): Promise<Draft> {
    this.get(account, id);
    const name =
      file.name
        .replaceAll(/\p{Cc}/gu, ' ')
        .slice(-nameLimit)
        .trim() || 'document';
    const type = typeOf(file.type, name);
    return this.#inTurn(id, async () => {
      const draft = this.get(account, id);
      if (draft.files.length >= filesLimit)
        throw new DeskError('invalid', `a fax is made of ${filesLimit} files at most`);
      const path = join(this.folder(id), String(draft.nextKey));
      await rm(path, { force: true }); // what a crash left
      const sizeBytes = await writeAside(path, this.#bounded(draft, content));
      if (sizeBytes === 0) {
        await rm(path);
        throw new DeskError('invalid', `"${name}" is empty`);
      }
      await syncFolder(this.folder(id));
      const kept = { key: draft.nextKey, name, type: await withCharset(type, path), sizeBytes };
      return this.#keep({ ...draft, files: [...draft.files, kept], nextKey: draft.nextKey + 1 });
    });
  }

  /** Keeps the files named, in this order. */
  arrange(account: string, id: string, keys: readonly number[]): Promise<Draft> {
    return this.#inTurn(id, async () => {
      const draft = this.get(account, id);
      const files = [...new Set(keys)].flatMap((key) => draft.files.find((one) => one.key === key) ?? []);
      const kept = await this.#keep({ ...draft, files });
      for (const { key } of draft.files)
        if (!files.some((one) => one.key === key)) await rm(join(this.folder(id), String(key)), { force: true });
      return kept;
    });
  }

  content({ id }: Draft, { key }: DraftFile): AsyncIterable<Uint8Array> {
    return createReadStream(join(this.folder(id), String(key)));
  }

  folder(id: string): string {
    return join(this.#parts.folder, id);
  }

  async remove(id: string): Promise<void> {
    this.#drafts.delete(id);
    await rm(this.folder(id), { recursive: true, force: true });
  }

  async tidy(): Promise<void> {
    const old = this.#parts.clock.now() - keepMs;
    for (const { id, changedAt } of this.#drafts.values()) if (changedAt < old) await this.remove(id);
  }

  async *#bounded({ files }: Draft, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { limitBytes, freeSpace, minFreeSpace } = this.#parts;
    let left = limitBytes() - files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let room = (await freeSpace()) - minFreeSpace();
    for await (const chunk of content) {
      left -= chunk.length;
      room -= chunk.length;
      if (left < 0)
        throw new DeskError('invalid', `together the files are larger than ${Math.floor(limitBytes() / 2 ** 20)} MB`);
      if (room < 0) throw new DeskError('later', 'the disk of this box is full');
      yield chunk;
    }
  }

  async #keep(draft: Draft): Promise<Draft> {
    const kept = { ...draft, changedAt: this.#parts.clock.now() };
    await writeDurable(join(this.folder(draft.id), 'draft.json'), JSON.stringify(kept));
    this.#drafts.set(draft.id, kept);
    return kept;
  }

  /** Changes of one draft one after the other: files that come at the same time keep their order. */
  #inTurn<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    const done = (this.#turns.get(id) ?? Promise.resolve()).then(work, work);
    this.#turns.set(id, done);
    const end = (): void => {
      if (this.#turns.get(id) === done) this.#turns.delete(id);
    };
    done.then(end, end);
    return done;
  }
}

const unknown = 'application/octet-stream';

/** @throws DeskError when nothing can make pages of it */
function typeOf(given: string, name: string): string {
  const type = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(given) ? given : unknown;
  const found = converterOf(type, name) ? type : converterOf(unknown, name) ? unknown : undefined;
  if (found === undefined)
    throw new DeskError(
      'invalid',
      `"${name}" cannot be faxed: only PDF, PostScript, text and pictures can. Please save it as PDF`,
    );
  return found;
}

/** Octets of a text that are looked at, to tell UTF-8 from the code page of old programs. */
const charsetBytes = 64 * 1024;

async function withCharset(type: string, path: string): Promise<string> {
  if (!type.startsWith('text/')) return type;
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(charsetBytes), 0, charsetBytes, 0);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    // A character may be cut at the end.
    decoder.decode(buffer.subarray(0, bytesRead), { stream: bytesRead === charsetBytes });
    return `${type}; charset=utf-8`;
  } catch {
    return `${type}; charset=windows-1252`;
  } finally {
    await handle.close();
  }
}
