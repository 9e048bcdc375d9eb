import type { CallResult } from '../../src/fax/call.ts';
import { encodePage, pageDecoder } from '../../src/fax/page-coding.ts';
import type { Raster } from '../../src/fax/raster.ts';
import { inResolution } from '../../src/fax/resolution.ts';
import { T4Decoder } from '../../src/fax/t4-decode.ts';
import { type CircuitEnd, type Confirmation, isGood, type PostMessage } from '../line/circuit.ts';
import { type Ended, ended, hangup } from '../line/ended.ts';
import type { Pace } from '../line/pace.ts';
import { type Announced, Receiver } from '../line/receiver.ts';
import { Transmitter } from '../line/transmitter.ts';
import { codingOf, type FaxVector, widthOf } from '../line/vector.ts';
import type { Behaviour } from './behaviour.ts';
import type { FaxRecord } from './records.ts';

/** A page to send: pels, or T.4 data as they are, one-dimensional, first bit highest. */
export type StationPage = Raster | { readonly t4: Uint8Array; readonly resolution: Raster['resolution'] };

/** How a call of a far station went. */
export interface StationCall {
  readonly result: CallResult;
  /** Pages that the other side confirmed, or that this station confirmed. */
  readonly pages: number;
  /** Id of the other side, without padding. */
  readonly station: string;
  /** Class 2 hang-up code. */
  readonly code: number;
}

/** Largest page a station takes: a sender that never ends its page is cut off. */
const pageLimitBytes = 8 * 1024 * 1024;
const lineLimit = 20_000;
/** Tries for one page that the other side refuses. */
const pageTries = 3;

/** Answers a call and takes what comes; a page is in `record` before it is confirmed. */
export async function receiveFax(
  end: CircuitEnd,
  pace: Pace,
  id: string,
  behaviour: Behaviour,
  record: FaxRecord,
  document: readonly StationPage[],
): Promise<StationCall> {
  const receiver = new Receiver(end, pace, behaviour.able, id, document.length > 0);
  let answered = 0;
  let station = '';
  const over = ({ code }: Ended): StationCall => ({ result: resultOf(code), pages: record.pages, station, code });
  const announce = async (announced: Announced): Promise<FaxVector> => {
    station = announced.tsi.trim();
    record.identify(station);
    await receiver.accept();
    return announced.vector;
  };
  const first = await receiver.start();
  if (first.kind === 'ended') return over(first);
  if (first.kind === 'polled') {
    const transmitter = new Transmitter(end, pace);
    transmitter.polledBy(first.vector);
    return sendPages(transmitter, id, behaviour.able, document, '');
  }
  let vector = await announce(first);
  for (;;) {
    const page = await takePage(receiver, vector);
    if (page.kind === 'ended') return over(page);
    const verdict = behaviour.verdicts[answered++] ?? page.verdict;
    if (isGood(verdict)) await record.add(page.raster, page.message === 'eop');
    await pace.wait(behaviour.slowMs, end.lost);
    const next = await receiver.answer(page.message, verdict);
    if (next.kind === 'ended') return over(next);
    if (next.kind === 'announced') vector = await announce(next);
  }
}

async function takePage(
  receiver: Receiver,
  vector: FaxVector,
): Promise<{ kind: 'page'; message: PostMessage; raster: Raster; verdict: Confirmation } | Ended> {
  const decoder = pageDecoder(codingOf(vector), {
    widthPx: widthOf(vector),
    resolution: vector.vr & 1 ? 'fine' : 'normal',
    maxLines: lineLimit,
  });
  let sizeBytes = 0;
  const posted = await receiver.page((bytes) => {
    sizeBytes += bytes.length;
    if (sizeBytes <= pageLimitBytes) decoder.push(bytes);
  });
  if (posted.kind === 'ended') return posted;
  const { raster, lines, badLines } = decoder.end();
  const verdict = lines === 0 || badLines > 5 + lines / 20 ? 'rtn' : 'mcf';
  return { kind: 'page', message: posted.message, raster, verdict };
}

/** Calls and sends. A page that is refused is sent again, three times at most. */
export async function sendFax(
  end: CircuitEnd,
  pace: Pace,
  id: string,
  able: FaxVector,
  pages: readonly StationPage[],
): Promise<StationCall> {
  const transmitter = new Transmitter(end, pace);
  const identified = await transmitter.identify();
  if (identified.kind === 'ended') return failed(end, identified, 0, '');
  const result = await sendPages(transmitter, id, able, pages, identified.csi.trim());
  end.hangUp();
  return result;
}

async function sendPages(
  transmitter: Transmitter,
  id: string,
  able: FaxVector,
  pages: readonly StationPage[],
  station: string,
): Promise<StationCall> {
  const wish = { ...able, vr: pages.some(({ resolution }) => resolution === 'fine') ? able.vr : 0 };
  let vector: FaxVector | undefined;
  let done = 0;
  const over = (code: number): StationCall => ({ result: resultOf(code), pages: done, station, code });
  for (let tries = 1; done < pages.length; tries++) {
    if (!vector) {
      const trained = await transmitter.train(wish, id);
      if (trained.kind === 'ended') return over(trained.code);
      vector = trained.vector;
    }
    for (const bytes of pieces(encoded(pages[done]!, vector))) await transmitter.write(bytes);
    transmitter.endPage();
    const answer = await transmitter.post(done + 1 < pages.length ? 'mps' : 'eop');
    if (answer.kind === 'ended') return over(answer.code);
    if (isGood(answer.confirmation)) {
      done++;
      tries = 0;
    } else if (tries >= pageTries) {
      transmitter.disconnect();
      return { ...over(hangup.trainingFailed), result: 'poor-line' };
    }
    if (answer.confirmation !== 'mcf' && answer.confirmation !== 'pip') vector = undefined;
  }
  transmitter.disconnect();
  return over(hangup.normal);
}

function encoded(page: StationPage, vector: FaxVector): Uint8Array {
  const resolution = vector.vr & 1 ? 'fine' : 'normal';
  const coding = codingOf(vector);
  if (!('t4' in page)) return encodePage(inResolution(page, resolution), coding);
  if (page.resolution === resolution && coding === 'MH') return page.t4;
  const decoder = new T4Decoder({ widthPx: widthOf(vector), resolution: page.resolution, maxLines: lineLimit });
  decoder.push(page.t4);
  return encodePage(inResolution(decoder.end().raster, resolution), coding);
}

const pieceBytes = 512;

function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

function failed(end: CircuitEnd, { code }: Ended, pages: number, station: string): StationCall {
  end.hangUp();
  return { result: resultOf(code), pages, station, code };
}

function resultOf(code: number): CallResult {
  if (code === hangup.normal) return 'done';
  if (code === hangup.noFaxTone || code === hangup.noHandshake) return 'no-fax';
  if (code === hangup.trainingFailed) return 'poor-line';
  return 'dropped';
}

/** A person listens to whistles for so long. */
const voicePatienceMs = 60_000;

/** A person lifts and says hello; the caller hears no fax machine and gives up, or the person does. */
export async function speak(end: CircuitEnd, pace: Pace): Promise<StationCall> {
  await pace.wait(voicePatienceMs, end.lost, voiceFloorMs);
  return { ...failed(end, ended(hangup.noHandshake), 0, ''), result: 'no-fax' };
}

/** Longer than a scaled T1 ever is, so that it is the caller who gives up. */
const voiceFloorMs = 10_000;
