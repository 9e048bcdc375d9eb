import { reverseBits } from '../fax/bits.ts';
import type { CallEnd, CallResult, FaxJob, FaxPage } from '../fax/call.ts';
import type { Crossing } from '../fax/crossing.ts';
import { encodePage } from '../fax/page-coding.ts';
import type { Raster } from '../fax/raster.ts';
import { postPage } from './dialect.ts';
import { control, stuff } from './framing.ts';
import type { CallPhase } from './hang-up.ts';
import { isNormalEnd, meaningOf } from './hang-up-code.ts';
import type { Ending, ModemLink } from './link.ts';
import type { KnownModem } from './setup.ts';
import {
  bitRateOf,
  codingOf,
  common,
  type FaxVector,
  formatVector,
  minBitsPerLine,
  parseVector,
  rateCode,
  resolutionOf,
} from './vector.ts';

/** A page on its way; `bytes` of it have been given to the modem. */
export interface SendProgress {
  readonly phase: 'dialling' | 'sending';
  /** Counted from 1, in the whole fax. */
  readonly page: number;
  readonly bytes: number;
  readonly bitRate: number;
  /** The page as far as it was given to the modem; undefined while dialling. */
  readonly crossing?: () => Crossing;
}

export interface SendContext {
  readonly modem: KnownModem;
  /** Tries for one page. */
  readonly pageAttempts: number;
  readonly onProgress: (progress: SendProgress) => void;
  /** XON was waited for in vain before: not again. */
  readonly skipXon: boolean;
}

/** What the procedures of one call share. */
interface Call {
  readonly link: ModemLink;
  readonly context: SendContext;
  readonly job: FaxJob;
  /** Session parameters as last told by us or by the modem. */
  agreed: FaxVector;
  far: FaxVector;
  phase: CallPhase;
  confirmed: number;
  sawNoXon: boolean;
}

export interface SendEnd {
  readonly end: CallEnd;
  readonly confirmed: number;
  readonly agreed: FaxVector | undefined;
  /** The modem does not know that the call is over. */
  readonly breakOffFrom: CallPhase | undefined;
  readonly sawNoXon: boolean;
}

/** Page data given to the port at a time: about half a second of line time, so that a lost call is noticed soon. */
const pieceBytes = 1024;
/** What may be dialled (T.32 §8.2 takes V.250's dial modifiers). */
const dialable = /^[0-9A-D*#,@WTP!+-]{1,80}$/i;

/** Phases A to E of a call out; the modem is prepared. */
export async function sendCall(link: ModemLink, context: SendContext, job: FaxJob): Promise<SendEnd> {
  const own = context.modem.own;
  const call: Call = {
    link,
    context,
    job,
    agreed: own,
    far: own,
    phase: 'command',
    confirmed: 0,
    sawNoXon: false,
  };
  const end = (await dial(call)) ?? (await sendPages(call));
  const known = link.reports.hangUpCode !== undefined || ['busy', 'no-answer', 'no-dial-tone'].includes(end.result);
  return {
    end,
    confirmed: call.confirmed,
    agreed: link.reports.connected ? call.agreed : undefined,
    breakOffFrom: known ? undefined : call.phase,
    sawNoXon: call.sawNoXon,
  };
}

/** Phase A and the first half of B. Undefined when a fax machine is there. */
async function dial(call: Call): Promise<CallEnd | undefined> {
  const { link, context, job } = call;
  if (!dialable.test(job.number)) return ended('refused', `"${job.number}" is no number that can be dialled.`);
  context.onProgress({ phase: 'dialling', page: job.firstPage + 1, bytes: 0, bitRate: 0 });
  link.startReports();
  const { own } = context.modem;
  if (context.modem.profile.sessionBeforeDial) {
    await link.command(`${context.modem.dialect.session}=${formatVector(own)}`);
  }
  const ending = await link.command(`DT${job.number}`, 'dial');
  const { reports } = link;
  if (ending === 'ok' && reports.connected) {
    if (reports.capabilities !== undefined) call.far = parseVector(reports.capabilities, own);
    call.agreed = common(own, call.far);
    return undefined;
  }
  if (reports.voice) return ended('no-fax', 'The call was answered, but not by a fax machine.');
  switch (ending) {
    case 'hung-up':
      return hungUp(call);
    case 'busy':
      return ended('busy', 'The number was busy.');
    case 'no-answer':
      return ended('no-answer', 'Nobody answered the call.');
    case 'no-carrier':
      return reports.connected
        ? ended('dropped', 'The connection was lost before the first page.')
        : ended('no-answer', 'Nobody answered the call, or no fax machine did.');
    case 'no-dial-tone':
      return ended('no-dial-tone', 'The fax line has no dial tone; the telephone cable may be unplugged.');
    case 'refused':
    case 'error':
      return ended('refused', 'The modem refused to dial this number.');
    case 'connect':
    case 'voice':
      return ended('no-fax', 'The call was answered, but not by a fax machine.');
    case 'ok':
      return ended('protocol', 'The modem ended the call without saying why.');
    default:
      return unanswered(ending);
  }
}

/** Phases B to D of every page, and E. */
async function sendPages(call: Call): Promise<CallEnd> {
  const { job, context } = call;
  // T.30 knows one resolution for a document: that of its first page, if the far side has it.
  const wanted = job.pages[job.firstPage]?.resolution ?? 'normal';
  call.agreed = { ...call.agreed, vr: wanted === 'fine' ? call.agreed.vr : 0 };
  let sessionSet = !needsSession(call.agreed, context.modem);
  for (let index = job.firstPage; index < job.pages.length; index++) {
    for (let attempt = 1; ; attempt++) {
      if (!sessionSet) {
        await call.link.command(`${context.modem.dialect.session}=${formatVector(call.agreed)}`);
        sessionSet = true;
      }
      const outcome = await sendPage(call, job.pages[index]!, index);
      if (outcome === 'confirmed') {
        call.confirmed++;
        call.link.transcript.remark(`page ${index + 1} confirmed`);
        break;
      }
      if (outcome !== 'refused') return outcome;
      call.link.transcript.remark(`page ${index + 1} refused, try ${attempt} of ${context.pageAttempts}`);
      if (attempt >= context.pageAttempts) {
        return ended(
          'poor-line',
          `Page ${index + 1} arrived unreadable ${times(attempt)}: the telephone line is poor.`,
        );
      }
      // The next training begins one speed lower.
      call.agreed = { ...call.agreed, br: Math.max(call.agreed.br - 1, 0) };
      sessionSet = false;
    }
  }
  const code = call.link.reports.hangUpCode;
  return { result: 'done', text: 'All pages were received.', ...(code === undefined ? {} : { hangupCode: code }) };
}

/** The modem would not come to these parameters by itself from both sides' capabilities; coding and error correction it does. */
function needsSession(wanted: FaxVector, { own, profile }: KnownModem): boolean {
  const slower = profile.resolutionOnlyInFcc && wanted.br < rateCode(14_400);
  return slower || wanted.vr !== own.vr || wanted.wd !== own.wd;
}

type PageOutcome = 'confirmed' | 'refused' | CallEnd;

async function sendPage(call: Call, page: FaxPage, index: number): Promise<PageOutcome> {
  let raster = await load(call, page);
  if ('result' in raster) return raster;
  const connect = await negotiate(call, index);
  if (connect !== undefined) return connect;
  if (raster.resolution !== resolutionOf(call.agreed)) {
    // The modem agreed on something else than it was told to.
    call.phase = 'sending-page';
    raster = await load(call, page);
    if ('result' in raster) return raster;
  }
  const { needsRtc } = call.context.modem.profile;
  const coding = codingOf(call.agreed);
  // Frames of error correction know where the page ends.
  const rtc = needsRtc && call.agreed.ec === 0;
  const coded = encodePage(raster, coding, { minBitsPerLine: minBitsPerLine(call.agreed), rtc });
  const isLast = index === call.job.pages.length - 1;
  const { widthPx, resolution } = raster;
  const crossing = (bytes: number): Crossing => ({ widthPx, resolution, coding, data: [coded.subarray(0, bytes)] });
  return (await transmit(call, coded, crossing, index, isLast)) ?? confirm(call, index, isLast);
}

async function load(call: Call, page: FaxPage): Promise<Raster | CallEnd> {
  try {
    return await page.load(resolutionOf(call.agreed));
  } catch (error) {
    call.link.transcript.remark(`page could not be read: ${error}`);
    return ended('local', 'A page could not be read from the disk of this box.');
  }
}

/** Second half of phase B: training, then the modem is ready for page data. Undefined when it is. */
async function negotiate(call: Call, index: number): Promise<CallEnd | undefined> {
  const { link, context } = call;
  link.reports.agreed = undefined;
  const ending = await link.command('+FDT', 'negotiate');
  if (link.reports.agreed !== undefined) call.agreed = parseVector(link.reports.agreed, call.agreed);
  if (ending !== 'connect') return broken(call, ending, index);
  call.phase = 'sending-page';
  if (call.agreed.wd !== 0) {
    return ended('incompatible', 'The far fax machine wants pages in a form that this box does not make.');
  }
  if (!context.modem.dialect.xonBeforePage || !context.modem.profile.sendsXon || context.skipXon || call.sawNoXon) {
    return undefined;
  }
  return waitForXon(call, index);
}

async function waitForXon(call: Call, index: number): Promise<CallEnd | undefined> {
  const { link } = call;
  const deadline = link.clock.now() + link.waits.xon;
  for (;;) {
    const event = await link.read(deadline - link.clock.now());
    switch (event.kind) {
      case 'xon':
        return undefined;
      case 'silence':
        link.transcript.remark('no XON; page data are sent without');
        call.sawNoXon = true;
        return undefined;
      case 'hang-up':
        return broken(call, (await link.ending(link.waits.afterHangUp)).ending, index);
      case 'final':
        return broken(call, event.final, index);
      case 'closed':
      case 'aborted':
        return broken(call, event.kind, index);
      default:
    }
  }
}

/** Phase C. Undefined when the modem has the whole page. */
async function transmit(
  call: Call,
  coded: Uint8Array,
  crossing: (bytes: number) => Crossing,
  index: number,
  isLast: boolean,
): Promise<CallEnd | PageOutcome | undefined> {
  const { link, context } = call;
  const bitRate = bitRateOf(call.agreed);
  const tell = (bytes: number): void =>
    context.onProgress({ phase: 'sending', page: index + 1, bytes, bitRate, crossing: () => crossing(bytes) });
  for (let at = 0; at < coded.length; at += pieceBytes) {
    tell(at);
    // Bit order 0: the first bit on the line is the lowest of its byte.
    const result = await link.sendData(stuff(reverseBits(coded.subarray(at, at + pieceBytes))));
    if (result === 'stalled') return ended('local', 'The modem of this box took no more page data.');
    if (result === 'interrupted') return interrupted(call, index);
  }
  tell(coded.length);
  link.reports.pageStatus = undefined;
  const mark = isLast ? postPage.EOP.mark : postPage.MPS.mark;
  await link.sendControl(control.DLE, context.modem.dialect.postPage === 'command' ? control.ETX : mark);
  const lineMs = (1500 * coded.length * 8) / bitRate;
  const { ending } = await link.ending(Math.max(link.waits.pageTaken, link.waits.pageTaken / 2 + lineMs));
  if (context.modem.dialect.postPage === 'in-stream') return inStreamOutcome(call, ending, index, isLast);
  if (ending === 'ok') {
    call.phase = 'command';
    return undefined;
  }
  return broken(call, ending, index);
}

/** The modem broke into the page: the call is over, or it wants us to stop (CAN). */
async function interrupted(call: Call, index: number): Promise<CallEnd> {
  const { link } = call;
  await link.flush();
  for (;;) {
    const event = await link.read(link.waits.hangUp);
    switch (event.kind) {
      case 'can':
        await link.sendControl(control.CAN);
        break;
      case 'hang-up':
        return broken(call, (await link.ending(link.waits.afterHangUp)).ending, index);
      case 'final':
        return broken(call, event.final, index);
      case 'silence':
      case 'closed':
      case 'aborted':
        return broken(call, event.kind, index);
      default:
    }
  }
}

/** Class 2.0, T.32 §8.3.3.7: OK means MCF, ERROR means that the page was refused. */
function inStreamOutcome(call: Call, ending: Ending, index: number, isLast: boolean): PageOutcome {
  call.phase = 'command';
  if (ending === 'ok') return judged(call.link.reports.pageStatus ?? 1);
  if (ending === 'error') return 'refused';
  return overAfter(call, ending, index, isLast);
}

/** Phase D of class 2: the post-page message and the far side's answer to it. */
async function confirm(call: Call, index: number, isLast: boolean): Promise<PageOutcome> {
  const { link } = call;
  const ending = await link.command(`+FET=${isLast ? postPage.EOP.fet : postPage.MPS.fet}`, 'postPage');
  const status = link.reports.pageStatus;
  if (status !== undefined) {
    const outcome = judged(status);
    // With more to send, the end of the call ends the fax as well, whatever became of this page.
    if (ending === 'hung-up' && !(isLast && outcome === 'confirmed')) {
      if (outcome === 'confirmed') call.confirmed++;
      return broken(call, ending, index + (outcome === 'confirmed' ? 1 : 0));
    }
    return ending === 'ok' || ending === 'error' || outcome === 'confirmed' ? outcome : broken(call, ending, index);
  }
  if (ending === 'ok') return ended('protocol', `The modem did not say whether page ${index + 1} arrived.`);
  return overAfter(call, ending, index, isLast);
}

/** Some modems report the good end of the call and nothing of the last page: it was confirmed. */
function overAfter(call: Call, ending: Ending, index: number, isLast: boolean): PageOutcome {
  const code = call.link.reports.hangUpCode;
  if (isLast && ending === 'hung-up' && code !== undefined && isNormalEnd(code)) {
    return judged(call.link.reports.pageStatus ?? 1);
  }
  return broken(call, ending, index);
}

/** MCF, RTP and PIP confirm a page; RTN, PIN and a partly bad page do not (T.30 §5.3.6.1.7). */
function judged(status: number): 'confirmed' | 'refused' {
  return [1, 3, 5].includes(status) ? 'confirmed' : 'refused';
}

/** The call ended where it should have gone on. */
function broken(call: Call, ending: Ending, index: number): CallEnd {
  const where = `page ${index + 1}`;
  switch (ending) {
    case 'hung-up':
      return hungUp(call, where);
    case 'no-carrier':
    case 'busy':
    case 'no-answer':
    case 'no-dial-tone':
      return ended('dropped', `The connection was lost at ${where}.`);
    case 'silence':
    case 'closed':
    case 'aborted':
      return unanswered(ending);
    default:
      return ended('protocol', `The modem of this box broke the call off at ${where}.`);
  }
}

function hungUp(call: Call, where?: string): CallEnd {
  const code = call.link.reports.hangUpCode ?? '';
  const meaning = meaningOf(code);
  const at = where === undefined ? '' : ` It happened at ${where}.`;
  return { result: meaning.result, text: `${meaning.text}${at}`, hangupCode: code };
}

function unanswered(ending: 'silence' | 'closed' | 'aborted' | 'hung-up'): CallEnd {
  if (ending === 'aborted') return ended('aborted', 'The call was stopped.');
  if (ending === 'closed') return ended('local', 'The modem of this box was disconnected.');
  return ended('local', 'The modem of this box stopped answering.');
}

function ended(result: CallResult, text: string): CallEnd {
  return { result, text };
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
