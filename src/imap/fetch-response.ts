import { wholeContent } from '../lib/line-peer.ts';
import { Header, maxHeaderOctets } from '../mail/header.ts';
import type { MimePart } from '../mail/mime-part.ts';
import type { MessageContent } from '../store/types.ts';
import type { FetchItem, SectionItem } from './fetch-items.ts';
import { formatDateTime } from './format.ts';
import { type Extent, sectionExtent } from './section.ts';
import type { SelectedFolder } from './selected.ts';
import type { NumberedMessage } from './sequence.ts';
import { formatEnvelope, formatStructure } from './structure-response.ts';

/** Where response pieces go, in order. */
export type Send = (data: string | Uint8Array) => Promise<void>;

/** The store's part of a message, as far as the items need it. */
export interface Parts {
  readonly content: MessageContent | undefined;
  readonly structure: MimePart | undefined;
}

/** Sends the FETCH response of one message; bodies go from the store to the client in pieces. */
export async function sendFetchResponse(
  selected: SelectedFolder,
  message: NumberedMessage,
  items: readonly FetchItem[],
  parts: Parts,
  form: { readonly utf8: boolean; readonly send: Send },
): Promise<void> {
  let before = `* ${message.sequence} FETCH (`;
  for (const item of items) {
    await form.send(before);
    before = ' ';
    if (item.kind === 'section') await sendSection(item, parts, form.send);
    else await form.send(formatItem(item, selected, message, parts, form.utf8));
  }
  await form.send(')\r\n');
}

/** Asks the store for what the items need. @returns undefined when it is gone. */
export async function askStore(
  { folder }: SelectedFolder,
  uid: number,
  items: readonly FetchItem[],
): Promise<Parts | undefined> {
  const wantsContent = items.some((item) => item.kind === 'section');
  const wantsStructure = items.some(
    (item) =>
      item.kind === 'envelope' ||
      item.kind === 'structure' ||
      (item.kind === 'section' && (item.section.what !== 'all' || item.section.path.length > 0)),
  );
  const content = wantsContent ? await folder.content(uid) : undefined;
  const structure = wantsStructure ? await folder.structure(uid) : undefined;
  if ((wantsContent && !content) || (wantsStructure && !structure)) return undefined;
  return { content, structure };
}

function formatItem(
  item: Exclude<FetchItem, SectionItem>,
  selected: SelectedFolder,
  { info }: NumberedMessage,
  { structure }: Parts,
  utf8: boolean,
): string {
  // biome-ignore lint/nursery/useExhaustiveSwitchCases: the rule does not see through Exclude; the compiler does
  switch (item.kind) {
    case 'flags':
      selected.view.told(info.uid);
      return `FLAGS ${selected.formatFlags(info)}`;
    case 'uid':
      return `UID ${info.uid}`;
    case 'internalDate':
      return `INTERNALDATE ${formatDateTime(info.internalDate)}`;
    case 'size':
      return `RFC822.SIZE ${info.sizeBytes}`;
    case 'envelope':
      return `ENVELOPE ${formatEnvelope(structure?.envelope, utf8)}`;
    case 'structure':
      return `${item.extended ? 'BODYSTRUCTURE' : 'BODY'} ${formatStructure(structure!, item.extended, utf8)}`;
  }
}

async function sendSection(item: SectionItem, { content, structure }: Parts, send: Send): Promise<void> {
  const { section, partial, label } = item;
  const extent = structure ? sectionExtent(structure, section) : { start: 0, end: content!.sizeBytes };
  if (!extent) {
    await send(`${label} NIL`);
    return;
  }
  if (section.what === 'fields' || section.what === 'notFields') {
    const picked = await pickFields(content!, extent, section.fields, section.what === 'fields');
    const { start, end } = cut({ start: 0, end: picked.length }, partial);
    await send(`${label} {${end - start}}\r\n`);
    await send(picked.subarray(start, end));
    return;
  }
  const { start, end } = cut(extent, partial);
  await send(`${label} {${end - start}}\r\n`);
  if (end > start) for await (const chunk of wholeContent(content!.read(start, end), end - start)) await send(chunk);
}

function cut(extent: Extent, partial: SectionItem['partial']): Extent {
  if (!partial) return extent;
  const start = Math.min(extent.end, extent.start + partial.start);
  return { start, end: Math.min(extent.end, start + partial.count) };
}

/** The fields of a header block that are named, or all others, as they stand in the message; an empty line ends them. */
async function pickFields(
  content: MessageContent,
  { start, end }: Extent,
  names: readonly string[],
  named: boolean,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.read(start, Math.min(end, start + maxHeaderOctets))) chunks.push(chunk);
  const block = Buffer.concat(chunks);
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const picked = Header.parse(block)
    .fields.filter((field) => wanted.has(field.name.toLowerCase()) === named)
    .map((field) => block.subarray(field.start, field.end));
  return Buffer.concat([...picked, Buffer.from('\r\n')]);
}
