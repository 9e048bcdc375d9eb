import type { MimePart } from '../mail/mime-part.ts';
import { fileName } from '../mail/parameters.ts';
import { type Converter, converterOf } from './media.ts';

/** What of a message becomes pages, in order. Pure. */

export interface FaxPart {
  readonly part: MimePart;
  /** `unknown` cannot be faxed. */
  readonly converter: Converter | 'unknown';
  /** How it is called to its sender: the file name, else the media type. */
  readonly name: string;
}

export interface FaxParts {
  /** The first leaf, when it is text: it stands on the cover page and makes no page of its own. */
  readonly note: FaxPart | undefined;
  readonly documents: readonly FaxPart[];
}

/** Parts that say nothing on paper: signatures, business cards, invitations. */
const silent = /^(application\/(pgp-signature|(x-)?pkcs7-signature|ics)|text\/((x-)?vcard|calendar|directory))$/;
/** Messages inside of messages that are followed. */
const maxDepth = 20;

export function partsOf(root: MimePart): FaxParts {
  const [first, ...others] = leaves(root, 0);
  if (first === undefined) return { note: undefined, documents: [] };
  const isNote = first.converter === 'text' || first.converter === 'html';
  return isNote ? { note: first, documents: others } : { note: undefined, documents: [first, ...others] };
}

function leaves(part: MimePart, depth: number): FaxPart[] {
  if (depth > maxDepth) return [];
  if (part.type === 'multipart' && part.parts.length > 0) {
    return chosen(part).flatMap((child) => leaves(child, depth + 1));
  }
  if (part.type === 'message' && part.subtype === 'rfc822' && part.parts.length > 0) {
    const header: FaxPart = { part, converter: 'message', name: 'the forwarded message' };
    return [header, ...leaves(part.parts[0]!, depth + 1)];
  }
  const mediaType = `${part.type}/${part.subtype}`;
  if (silent.test(mediaType)) return [];
  const name = fileName(part) ?? '';
  return [{ part, converter: converterOf(mediaType, name) ?? 'unknown', name: name || mediaType }];
}

/** Which children of a multipart count. */
function chosen({ subtype, parts }: MimePart): readonly MimePart[] {
  switch (subtype) {
    case 'alternative':
      return [parts.find(isPlain) ?? parts.findLast(isFaxable) ?? parts.at(-1)!];
    case 'related': {
      // Inline pictures are signatures and logos; what is an attachment by its own word is one.
      const [root, ...rest] = parts as readonly [MimePart, ...MimePart[]];
      return [root, ...rest.filter((one) => one.disposition?.type === 'attachment')];
    }
    case 'signed':
      return parts.slice(0, 1);
    default:
      return parts;
  }
}

function isPlain({ type, subtype }: MimePart): boolean {
  return type === 'text' && subtype === 'plain';
}

function isFaxable(part: MimePart): boolean {
  if (part.type === 'multipart') return part.parts.some(isFaxable);
  return converterOf(`${part.type}/${part.subtype}`, fileName(part) ?? '') !== undefined;
}
