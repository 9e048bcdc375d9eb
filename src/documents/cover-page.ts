import type { Block } from './layout.ts';

/** The cover page as data: what stands on it, in order. */
export interface Cover {
  readonly organisation: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly date: string;
  /** All pages, cover pages included. */
  readonly pages: number;
  readonly note: string;
  /** Attachments that were left out. */
  readonly skipped: readonly string[];
}

const bodyPt = 11;

export function coverBlocks(cover: Cover): Block[] {
  const rows: readonly (readonly [string, string])[] = [
    ['To:', cover.to],
    ['From:', cover.from],
    ['Subject:', cover.subject],
    ['Date:', cover.date],
    ['Pages:', `${cover.pages}, this page included`],
  ];
  const blocks: Block[] = [
    ...(cover.organisation ? [{ kind: 'text', text: cover.organisation, font: 'bold', sizePt: 14 } as const] : []),
    { kind: 'space', heightPt: 10 },
    { kind: 'text', text: 'Fax', font: 'bold', sizePt: 40 },
    { kind: 'space', heightPt: 14 },
    { kind: 'rule', thicknessPt: 1.5 },
    { kind: 'space', heightPt: 8 },
    ...rows
      .filter(([, value]) => value !== '')
      .map(([label, value]) => ({ kind: 'row', label, value, sizePt: 12 }) as const),
    { kind: 'space', heightPt: 12 },
    { kind: 'rule', thicknessPt: 1.5 },
    { kind: 'space', heightPt: 14 },
  ];
  if (cover.skipped.length > 0) {
    const list = `Left out, because it cannot be faxed: ${cover.skipped.join(', ')}`;
    blocks.push({ kind: 'text', text: list, font: 'text', sizePt: bodyPt }, { kind: 'space', heightPt: 10 });
  }
  if (cover.note !== '') blocks.push({ kind: 'text', text: cover.note, font: 'text', sizePt: bodyPt });
  return blocks;
}
