import { reverseBits } from '../fax/bits.ts';
import type { CallEnd } from '../fax/call.ts';
import type { Crossing } from '../fax/crossing.ts';
import { control } from './framing.ts';
import type { CallPhase } from './hang-up.ts';
import { isNormalEnd, meaningOf } from './hang-up-code.ts';
import type { Ending, ModemLink } from './link.ts';
import { type BitOrder, pageBytesLimit, type ReceivedPage, readPage } from './receive-page.ts';
import type { KnownModem } from './setup.ts';
import { bitRateOf, callParameters, codingOf, type FaxVector, parseVector } from './vector.ts';

/** Takes a page. Resolves when it is on stable storage; a rejection refuses the page to the far side. */
export type PageSink = (page: ReceivedPage) => Promise<void>;

export interface ReceiveProgress {
  readonly page: number;
  readonly bytes: number;
  readonly bitRate: number;
  /** The page as far as it has come. */
  readonly crossing: () => Crossing;
}

export interface ReceiveContext {
  readonly modem: KnownModem;
  readonly sink: PageSink;
  /** Refusals of pages in a row before the call is ended. */
  readonly pageAttempts: number;
  readonly onProgress: (progress: ReceiveProgress) => void;
  /** As found in earlier calls. */
  readonly bitOrder: BitOrder;
}

interface Call {
  readonly link: ModemLink;
  readonly context: ReceiveContext;
  agreed: FaxVector;
  phase: CallPhase;
  /** Pages on stable storage whose confirmation was sent. */
  confirmed: number;
  /** The far side said that the page just confirmed was its last. */
  complete: boolean;
  bitOrder: BitOrder;
}

export interface ReceiveEnd {
  readonly end: CallEnd;
  readonly confirmed: number;
  readonly agreed: FaxVector | undefined;
  readonly breakOffFrom: CallPhase | undefined;
  readonly bitOrder: BitOrder;
}

/** +FET: values of the post-page message. */
const EOP = 2;
/** +FDR answered OK with no page: between documents some modems want it again. */
const emptyAnswers = 3;
/** Bytes between two reports of progress. */
const progressBytes = 2048;

/** Phases A to E of a call in; the modem rings and is prepared. */
export async function receiveCall(link: ModemLink, context: ReceiveContext): Promise<ReceiveEnd> {
  const call: Call = {
    link,
    context,
    agreed: context.modem.own,
    phase: 'command',
    confirmed: 0,
    complete: false,
    bitOrder: context.bitOrder,
  };
  const broken = (await answer(call)) ?? (await receivePages(call));
  const code = link.reports.hangUpCode;
  const end: CallEnd = call.complete
    ? { result: 'done', text: 'All pages were received.', ...(code === undefined ? {} : { hangupCode: code }) }
    : broken;
  return {
    end,
    confirmed: call.confirmed,
    agreed: link.reports.connected ? call.agreed : undefined,
    breakOffFrom: code === undefined ? call.phase : undefined,
    bitOrder: call.bitOrder,
  };
}

/** Phase A and the first half of B. Undefined when a fax machine calls. */
async function answer(call: Call): Promise<CallEnd | undefined> {
  const { link } = call;
  link.startReports();
  const ending = await link.command('A', 'answer');
  noteAgreed(call);
  if (ending === 'ok' && link.reports.connected) return undefined;
  if (ending === 'hung-up') return ended(call, ending);
  if (['silence', 'closed', 'aborted'].includes(ending)) return ended(call, ending);
  if (ending === 'connect') return { result: 'no-fax', text: 'The caller was a computer, not a fax machine.' };
  return { result: 'no-fax', text: 'The caller was no fax machine.' };
}

async function receivePages(call: Call): Promise<CallEnd> {
  const { link, context } = call;
  let refusals = 0;
  let empty = 0;
  for (let waiting = false; ; ) {
    link.expectPage(codingOf(call.agreed));
    link.reports.postPage = undefined;
    if (waiting) call.confirmed++;
    const ending = await link.command('+FDR', 'nextPage');
    noteAgreed(call);
    waiting = false;
    if (ending === 'ok' && ++empty < emptyAnswers && !call.complete) continue;
    if (ending !== 'connect') {
      link.leavePage();
      return ended(call, ending);
    }
    // Another page after EOP: the far side did not hear the confirmation and says it again, or there is more.
    call.complete = false;
    empty = 0;
    const taken = await receivePage(call);
    if (taken.kind === 'ended') return taken.end;
    if (taken.kind === 'good') {
      refusals = 0;
      waiting = true;
      call.complete = link.reports.postPage === EOP;
      continue;
    }
    link.transcript.remark(taken.why);
    if (++refusals >= context.pageAttempts) return taken.end;
    await link.command(`${context.modem.dialect.pageStatus}=2`);
  }
}

type Taken =
  | { readonly kind: 'good' }
  | { readonly kind: 'refused'; readonly why: string; readonly end: CallEnd }
  | { readonly kind: 'ended'; readonly end: CallEnd };

/** Phase C, and D up to the point where the page is confirmed by the next +FDR. */
async function receivePage(call: Call): Promise<Taken> {
  const { link, context } = call;
  call.phase = 'receiving-page';
  await link.sendControl(context.modem.profile.receiveTrigger === 'DC2' ? control.DC2 : control.XON);
  const raw = await pageData(call);
  if (!(raw instanceof Uint8Array)) return { kind: 'ended', end: raw };
  call.phase = 'command';
  const { ending } = await link.ending(link.waits.pageReports);
  if (ending !== 'ok' && ending !== 'error') return { kind: 'ended', end: ended(call, ending) };
  const { widthPx, resolution, coding } = callParameters(call.agreed);
  const { data, decoded, order, acceptable } = readPage(raw, call.bitOrder, { widthPx, resolution, coding });
  if (order !== call.bitOrder) {
    link.transcript.remark(`this modem gives received data ${order}`);
    call.bitOrder = order;
  }
  if (ending === 'error' || !acceptable) {
    return {
      kind: 'refused',
      why: `page refused: ${decoded.badLines} of ${decoded.lines} lines are bad`,
      end: { result: 'poor-line', text: 'The pages could not be read: the telephone line is poor.' },
    };
  }
  const { lines, badLines, longestBadRun } = decoded;
  const page = { page: call.confirmed + 1, data, widthPx, resolution, lines, badLines, longestBadRun };
  try {
    await context.sink(page);
    return { kind: 'good' };
  } catch (error) {
    return {
      kind: 'refused',
      why: `page could not be kept: ${error}`,
      end: { result: 'local', text: 'This box could not store the pages; its disk may be full.' },
    };
  }
}

/** The octets of a page, or why there are none. */
async function pageData(call: Call): Promise<Uint8Array | CallEnd> {
  const { link, context } = call;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let told = 0;
  const page = call.confirmed + 1;
  const bitRate = bitRateOf(call.agreed);
  const { widthPx, resolution, coding } = callParameters(call.agreed);
  const { bitOrder } = call;
  const crossing = (): Crossing => ({
    widthPx,
    resolution,
    coding,
    data: bitOrder === 'msb-first' ? [...parts] : parts.map(reverseBits),
  });
  context.onProgress({ page, bytes, bitRate, crossing });
  for (;;) {
    const event = await link.read(link.waits.pageSilence);
    switch (event.kind) {
      case 'page-bytes':
        bytes += event.bytes.length;
        parts.push(event.bytes);
        if (bytes > pageBytesLimit) return { result: 'protocol', text: 'The far side sent a page without end.' };
        if (bytes - told >= progressBytes) {
          told = bytes;
          context.onProgress({ page, bytes, bitRate, crossing });
        }
        break;
      case 'page-end':
        if (!event.lost) return Buffer.concat(parts);
        call.phase = 'command';
        return ended(call, (await link.ending(link.waits.afterHangUp)).ending);
      case 'silence':
      case 'closed':
      case 'aborted':
        return ended(call, event.kind);
      default:
    }
  }
}

function noteAgreed(call: Call): void {
  const { agreed } = call.link.reports;
  if (agreed !== undefined) call.agreed = parseVector(agreed, call.agreed);
  call.link.reports.agreed = undefined;
}

/** A call in that did not come to its end. */
function ended(call: Call, ending: Ending): CallEnd {
  const { reports } = call.link;
  switch (ending) {
    case 'hung-up': {
      const code = reports.hangUpCode ?? '';
      const meaning = isNormalEnd(code) ? undefined : meaningOf(code);
      return {
        result: meaning?.result ?? 'dropped',
        text: reports.connected ? 'The caller hung up before the end of the fax.' : 'The caller sent no fax.',
        hangupCode: code,
      };
    }
    case 'silence':
      return { result: 'local', text: 'The modem of this box stopped answering.' };
    case 'closed':
      return { result: 'local', text: 'The modem of this box was disconnected.' };
    case 'aborted':
      return { result: 'aborted', text: 'The call was stopped.' };
    case 'no-carrier':
      return { result: 'dropped', text: 'The connection was lost during the call.' };
    default:
      return { result: 'protocol', text: 'The modem of this box broke the call off.' };
  }
}
