import { readText } from '../mail/decode.ts';
import { decodeWords } from '../mail/encoded-word.ts';
import { Header, maxHeaderOctets } from '../mail/header.ts';
import type { AddressEntry, MessageEnvelope, MimePart } from '../mail/mime-part.ts';
import type { Folder } from '../store/types.ts';
import { limits } from './limits.ts';
import { foldText, type SearchKey } from './search-keys.ts';
import type { SelectedFolder } from './selected.ts';
import type { NumberedMessage } from './sequence.ts';
import { resolveSet } from './sequence-set.ts';

const dayMs = 86_400_000;

/** Decides a search for the messages of one folder: what is known first, header next, bodies last. */
export class SearchMatcher {
  readonly #selected: SelectedFolder;
  readonly #key: SearchKey;
  readonly #sets = new Map<SearchKey, readonly (readonly [number, number])[]>();

  constructor(selected: SelectedFolder, key: SearchKey) {
    this.#selected = selected;
    this.#key = ordered(key);
  }

  matches(message: NumberedMessage): Promise<boolean> {
    return this.#test(this.#key, message, new SearchedMessage(this.#selected.folder, message.info.uid));
  }

  async #test(key: SearchKey, message: NumberedMessage, searched: SearchedMessage): Promise<boolean> {
    switch (key.kind) {
      case 'and':
        for (const one of key.keys) if (!(await this.#test(one, message, searched))) return false;
        return true;
      case 'or':
        for (const one of key.keys) if (await this.#test(one, message, searched)) return true;
        return false;
      case 'not':
        return !(await this.#test(key.key, message, searched));
      case 'header':
        return (await searched.fields(key.field)).some((value) => value.includes(key.text));
      case 'body':
        return searched.body((text) => text.includes(key.text));
      case 'text':
        return (await searched.header()).includes(key.text) || searched.body((text) => text.includes(key.text));
      case 'date':
        return inTime(key, key.of === 'sent' ? await searched.sentDay() : message.info.internalDate);
      default:
        return this.#known(key, message);
    }
  }

  #known(key: SearchKey, { info, sequence }: NumberedMessage): boolean {
    switch (key.kind) {
      case 'flag':
        return info.flags.some((flag) => flag.toLowerCase() === key.flag.toLowerCase());
      case 'recent':
        return this.#selected.recent.has(info.uid);
      case 'larger':
        return info.sizeBytes > key.sizeBytes;
      case 'smaller':
        return info.sizeBytes < key.sizeBytes;
      case 'set': {
        const number = key.byUid ? info.uid : sequence;
        return this.#ranges(key).some(([low, high]) => low <= number && number <= high);
      }
      default:
        return key.kind === 'all';
    }
  }

  #ranges(key: SearchKey & { kind: 'set' }): readonly (readonly [number, number])[] {
    const { view } = this.#selected;
    const largest = key.byUid ? (view.all().at(-1)?.info.uid ?? 0) : view.size;
    const ranges = this.#sets.get(key) ?? resolveSet(key.set, largest);
    this.#sets.set(key, ranges);
    return ranges;
  }
}

function inTime(key: SearchKey & { kind: 'date' }, timeMs: number | undefined): boolean {
  if (timeMs === undefined) return false;
  const day = Math.floor(timeMs / dayMs) * dayMs;
  if (key.test === 'on') return day === key.day;
  return key.test === 'before' ? day < key.day : day >= key.day;
}

/** The same search with cheap keys before dear ones. */
function ordered(key: SearchKey): SearchKey {
  if (key.kind === 'not') return { ...key, key: ordered(key.key) };
  if (key.kind !== 'and' && key.kind !== 'or') return key;
  return { ...key, keys: key.keys.map(ordered).sort((one, other) => cost(one) - cost(other)) };
}

function cost(key: SearchKey): number {
  switch (key.kind) {
    case 'and':
    case 'or':
      return Math.max(...key.keys.map(cost));
    case 'not':
      return cost(key.key);
    case 'header':
      return 1;
    case 'date':
      return key.of === 'sent' ? 1 : 0;
    case 'body':
    case 'text':
      return 2;
    default:
      return 0;
  }
}

/** One message, read no further than the search needs, and once. What is gone has nothing in it. */
class SearchedMessage {
  readonly #folder: Folder;
  readonly #uid: number;
  #structure: Promise<MimePart | undefined> | undefined;
  #header: Promise<Header> | undefined;
  readonly #texts: string[] = [];
  #bodies: AsyncGenerator<string> | undefined;

  constructor(folder: Folder, uid: number) {
    this.#folder = folder;
    this.#uid = uid;
  }

  /** Values of the fields of a name, decoded. */
  async fields(name: string): Promise<string[]> {
    const kept = envelopeValue((await this.#part())?.envelope, name);
    const values = kept ?? (await this.#fields()).all(name);
    return values.map((value) => foldText(decodeWords(value)));
  }

  async header(): Promise<string> {
    const { fields } = await this.#fields();
    return foldText(fields.map(({ name, value }) => `${name}: ${decodeWords(value)}`).join('\r\n'));
  }

  /** The day as the sender wrote it, whatever the zone (RFC 9051 §6.4.4). */
  async sentDay(): Promise<number | undefined> {
    const date = (await this.#part())?.envelope?.date ?? '';
    const [, day, month, year] = /(\d{1,2}) +([A-Za-z]{3})[a-z]* +(\d{4})/.exec(date) ?? [];
    const time = day === undefined ? Number.NaN : Date.parse(`${day} ${month} ${year} 00:00:00 GMT`);
    return Number.isNaN(time) ? undefined : time;
  }

  /** Whether one of the texts of the body passes. */
  async body(test: (text: string) => boolean): Promise<boolean> {
    if (this.#texts.some(test)) return true;
    this.#bodies ??= this.#read();
    for (let next = await this.#bodies.next(); !next.done; next = await this.#bodies.next()) {
      this.#texts.push(next.value);
      if (test(next.value)) return true;
    }
    return false;
  }

  #fields(): Promise<Header> {
    this.#header ??= this.#readHeader();
    return this.#header;
  }

  async #readHeader(): Promise<Header> {
    const part = await this.#part();
    return part ? Header.parse(await this.#octets(part.headerStart, part.bodyStart)) : new Header([]);
  }

  /** Header blocks of parts and messages within, and text parts, decoded. */
  async *#read(): AsyncGenerator<string> {
    const root = await this.#part();
    let octets = 0;
    let count = 0;
    for (const part of root ? allParts(root) : []) {
      if (++count > limits.searchedParts || octets > limits.searchedOctets) return;
      if (part !== root) {
        const header = Header.parse(await this.#octets(part.headerStart, part.bodyStart));
        yield foldText(header.fields.map(({ name, value }) => `${name}: ${decodeWords(value)}`).join('\r\n'));
      }
      if (part.type !== 'text') continue;
      octets += part.bodyEnd - part.bodyStart;
      const content = await this.#folder.content(this.#uid);
      const end = Math.min(part.bodyEnd, part.bodyStart + limits.searchedOctets);
      if (content) yield foldText(await readText(part, content.read(part.bodyStart, end), limits.searchedOctets));
    }
  }

  #part(): Promise<MimePart | undefined> {
    this.#structure ??= this.#folder.structure(this.#uid);
    return this.#structure;
  }

  async #octets(start: number, end: number): Promise<Buffer> {
    const content = await this.#folder.content(this.#uid);
    const chunks: Uint8Array[] = [];
    if (content) {
      for await (const chunk of content.read(start, Math.min(end, start + maxHeaderOctets))) chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}

/** What the store keeps of a field, so that the message need not be read; undefined for all other fields. */
function envelopeValue(envelope: MessageEnvelope | undefined, name: string): string[] | undefined {
  if (!envelope) return undefined;
  const lists: Record<string, readonly AddressEntry[]> = {
    FROM: envelope.from,
    TO: envelope.to,
    CC: envelope.cc,
    BCC: envelope.bcc,
  };
  const wanted = name.toUpperCase();
  if (wanted === 'SUBJECT') return envelope.subject === undefined ? [] : [envelope.subject];
  const list = Object.hasOwn(lists, wanted) ? lists[wanted] : undefined;
  if (!list) return undefined;
  return list.length === 0 ? [] : [list.map(formatEntry).join(', ')];
}

function formatEntry({ name, mailbox, host }: AddressEntry): string {
  const address = host ? `${mailbox}@${host}` : (mailbox ?? '');
  return name ? `${name} <${address}>` : address;
}

function* allParts(part: MimePart): Generator<MimePart> {
  yield part;
  for (const inner of part.parts) yield* allParts(inner);
}
