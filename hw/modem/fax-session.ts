import { reverseBits } from '../../src/fax/bits.ts';
import type { DecodedPage } from '../../src/fax/decoded-lines.ts';
import { pageDecoder } from '../../src/fax/page-coding.ts';
import { type CircuitEnd, type Confirmation, isGood, type PostMessage } from '../line/circuit.ts';
import { type Ended, ended, hangup } from '../line/ended.ts';
import type { Pace } from '../line/pace.ts';
import { type Announced, Receiver } from '../line/receiver.ts';
import { type Identified, Transmitter } from '../line/transmitter.ts';
import { codingOf, widthOf } from '../line/vector.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { type PageFeed, pageEnd, stuffed } from './page-stream.ts';
import type { ModemProfile } from './profile.ts';
import { type FaxSettings, verdictCode } from './settings.ts';

/** Final result of a fax command. */
export type FaxResult = 'OK' | 'ERROR' | 'NO CARRIER';

/** The DTE as the fax session sees it. */
export interface DteSide {
  /** One line of information. */
  report(text: string): void;
  /** CONNECT (and XON): from now the DTE's bytes are the page. */
  beginTransmit(faxClass: Dialect['faxClass']): PageFeed;
  /** CONNECT: page data go to the DTE from when it asks for them. */
  beginReceive(): PageSink;
  fault(text: string): void;
  note(text: string): void;
}

/** A page on its way to the DTE. */
export interface PageSink {
  /** @returns false when the DTE does not keep up and the buffer is full. */
  push(bytes: Uint8Array): boolean;
  /** Resolves when all has been handed over; false when the DTE never asked for it, or cancelled. */
  finish(ending: Uint8Array): Promise<boolean>;
  readonly cancelled: AbortSignal;
}

/** A DTE that waits for XON may take its time before the first byte. */
const firstByteGuardMs = 30_000;
/** More lines than the longest page has. */
const lineLimit = 20_000;
/** Six EOLs (T.4 §4.1.4) and fill, without which efax does not see the last of them. */
const rtc = Uint8Array.from([0x00, 0x10, 0x01, 0x00, 0x10, 0x01, 0x00, 0x10, 0x01, 0x00, 0x00]);

type Phase =
  /** Caller: the far side is known; the next step sends or polls. */
  | 'identified'
  /** Sender, class 2: the page is out, `+FET` must say what follows. */
  | 'page-sent'
  /** Sender: the page was answered. */
  | 'page-answered'
  /** Receiver: the sender has trained; CFR waits for `+FDR`. */
  | 'announced'
  /** Receiver: the page is with the DTE; its answer waits for `+FDR`. */
  | 'page-held'
  | 'over';

/** One fax call as the modem leads it for its DTE: each method is one of the DTE's commands. */
export class FaxSession {
  readonly #end: CircuitEnd;
  readonly #pace: Pace;
  readonly #profile: ModemProfile;
  readonly #settings: FaxSettings;
  readonly #dialect: Dialect;
  readonly #dte: DteSide;
  readonly #transmitter: Transmitter;
  #receiver: Receiver;
  #phase: Phase = 'over';
  /** Sender: DCS and TCF come before the next page. */
  #mustTrain = true;
  /** Sender: DIS comes again before that. */
  #mustIdentify = false;
  /** Receiver: what the sender said after the page that is held, and what the modem thinks of the page. */
  #held: { readonly message: PostMessage; readonly verdict: Confirmation } | undefined;
  #fetTimer: { cancel(): void } | undefined;
  #abortCode: number | undefined;
  #hasDocument = false;

  constructor(end: CircuitEnd, pace: Pace, profile: ModemProfile, settings: FaxSettings, dte: DteSide) {
    this.#end = end;
    this.#pace = pace;
    this.#profile = profile;
    this.#settings = settings;
    this.#dialect = dialectOf(settings.faxClass, profile);
    this.#dte = dte;
    this.#transmitter = new Transmitter(end, pace);
    this.#receiver = new Receiver(end, pace, settings.session, settings.localId);
  }

  get isOver(): boolean {
    return this.#phase === 'over';
  }

  /** The DTE gives the call up between two steps. */
  hangUp(): void {
    this.abort();
    this.#close(hangup.aborted);
  }

  /** `+FK`: as `hangUp`, and tells so. */
  kill(): void {
    this.abort();
    this.#tellEnd(ended(hangup.aborted));
  }

  /** Ends the step that is under way. */
  abort(code: number = hangup.aborted): void {
    this.#abortCode ??= code;
    this.#fetTimer?.cancel();
    this.#end.hangUp();
  }

  /** After dialling: phase B up to DIS. */
  async dialled(): Promise<FaxResult> {
    const identified = await this.#transmitter.identify();
    if (identified.kind === 'ended') {
      this.#close(identified.code);
      if (identified.code === hangup.noFaxTone || this.#abortCode !== undefined) return this.#tellEnd(identified);
      return 'NO CARRIER';
    }
    this.#dte.report(this.#dialect.connected);
    this.#tellIdentified(identified);
    this.#phase = 'identified';
    return 'OK';
  }

  #tellIdentified({ csi, vector, hasDocument }: Identified): void {
    this.#hasDocument = hasDocument;
    if (hasDocument) this.#dte.report(this.#dialect.hasDocument);
    if (csi !== '') this.#dte.report(this.#dialect.calledId(csi));
    this.#dte.report(this.#dialect.capabilities(vector));
  }

  /** `+FDT`: trains where it is due, then sends one page. */
  async transmit(): Promise<FaxResult> {
    if (this.#phase !== 'identified' && this.#phase !== 'page-answered') return this.#illegal('+FDT');
    if (this.#abortCode !== undefined) return this.#tellEnd(ended(this.#abortCode));
    const begun = await this.#beforePage();
    if (begun) return this.#tellEnd(begun);
    const feed = this.#dte.beginTransmit(this.#dialect.faxClass);
    const sent = await this.#sendPage(feed);
    this.#dte.note(`${feed.bytes} bytes of page data`);
    if (sent.kind === 'ended') return this.#tellEnd(sent);
    this.#transmitter.endPage();
    if (sent.post) return this.#post(sent.post);
    this.#phase = 'page-sent';
    this.#fetTimer = this.#pace.clock.timer(this.#settings.phaseCTimeoutMs, () => this.#missingFet());
    return 'OK';
  }

  async #beforePage(): Promise<Ended | undefined> {
    if (this.#mustIdentify) {
      const identified = await this.#transmitter.identify();
      if (identified.kind === 'ended') return identified;
      this.#tellIdentified(identified);
      this.#mustIdentify = false;
    }
    if (this.#mustTrain) {
      const lowest = Number.parseInt(this.#settings.value('+FMINSP'), 16) || 0;
      const trained = await this.#transmitter.train(this.#settings.session, this.#settings.localId, lowest);
      if (trained.kind === 'ended') return trained;
      this.#settings.agreed = trained.vector;
      this.#mustTrain = false;
      this.#dte.report(this.#dialect.agreed(trained.vector));
    } else {
      if (this.#end.lost.aborted) return ended(hangup.transmitDLost);
      if (this.#profile.dcsEveryPage) this.#dte.report(this.#dialect.agreed(this.#settings.agreed));
    }
    return undefined;
  }

  async #sendPage(feed: PageFeed): Promise<{ readonly kind: 'sent'; readonly post?: PostMessage } | Ended> {
    const lost = this.#end.lost;
    let guardMs = firstByteGuardMs;
    for (;;) {
      const piece = await feed.next(this.#pace.clock, guardMs, lost);
      guardMs = this.#settings.phaseCTimeoutMs;
      switch (piece.kind) {
        case 'data':
          await this.#transmitter.write(this.#asSent(piece.bytes));
          break;
        case 'end':
          if (lost.aborted) return ended(hangup.transmitDLost + 1);
          return { kind: 'sent', ...(piece.post && { post: piece.post }) };
        case 'cancelled':
          this.abort();
          return ended(hangup.aborted);
        case 'idle':
          this.#dte.fault('no page data for the time of phase C');
          return ended(hangup.underflow);
        case 'lost':
          if (this.#abortCode !== undefined || this.#profile.tellsLoss === 'at-once')
            return ended(hangup.transmitDLost);
          feed.close();
          break;
      }
    }
  }

  /** The line takes the first bit highest; direct order has it lowest. */
  #asSent(bytes: Uint8Array): Uint8Array {
    return this.#isReversed ? bytes : reverseBits(bytes);
  }

  get #isReversed(): boolean {
    return (Number.parseInt(this.#settings.value('+FBOR'), 16) & 1) === 1;
  }

  /** A modem that is not told what follows says that nothing does. */
  #missingFet(): void {
    this.#dte.fault('no +FET after the page in the time of phase C');
    this.#phase = 'page-answered';
    this.#abortCode = hangup.transmitDLost;
    void this.#transmitter.post('eop').then(() => this.#transmitter.disconnect());
  }

  /** `+FET=`: class 2 only. */
  async post(message: PostMessage): Promise<FaxResult> {
    if (this.#phase === 'page-answered' && this.#abortCode !== undefined) return this.#tellEnd(ended(this.#abortCode));
    if (this.#phase !== 'page-sent') return this.#illegal('+FET');
    this.#fetTimer?.cancel();
    return this.#post(message);
  }

  async #post(message: PostMessage): Promise<FaxResult> {
    const isClass2 = this.#dialect.faxClass === '2';
    const answer = await this.#transmitter.post(message);
    if (answer.kind === 'ended') {
      this.#tellEnd(answer);
      return isClass2 ? 'OK' : 'ERROR';
    }
    const { confirmation } = answer;
    const good = isGood(confirmation);
    this.#settings.lastStatus = verdictCode(confirmation);
    if (isClass2) this.#dte.report(`+FPTS:${verdictCode(confirmation)}`);
    this.#phase = 'page-answered';
    this.#mustIdentify = message === 'eom' && good;
    this.#mustTrain = this.#mustIdentify || (confirmation !== 'mcf' && confirmation !== 'pip');
    if (message === 'eop' && good) {
      await this.#pace.wait(1000, this.#end.lost);
      this.#transmitter.disconnect();
      return this.#tellEnd(ended(hangup.normal));
    }
    return good || isClass2 ? 'OK' : 'ERROR';
  }

  /** `ATA`: phase B up to a good training. */
  async answered(): Promise<FaxResult> {
    if (this.#settings.value('+FCR') !== '1') this.#dte.fault('a call was answered with +FCR=0');
    const announced = await this.#receiver.start();
    if (announced.kind === 'ended') return this.#tellEnd(announced);
    if (announced.kind === 'polled') {
      this.#transmitter.disconnect();
      return this.#tellEnd(ended(hangup.remoteCannot));
    }
    this.#dte.report(this.#dialect.connected);
    this.#tellAnnounced(announced);
    this.#phase = 'announced';
    return 'OK';
  }

  #tellAnnounced({ tsi, vector }: Announced): void {
    this.#settings.agreed = vector;
    if (tsi !== '') this.#dte.report(this.#dialect.callingId(tsi));
    this.#dte.report(this.#dialect.agreed(vector));
  }

  /** `+FDR`: answers the page before, if there was one, and takes the next. */
  async receive(): Promise<FaxResult> {
    if (this.#phase === 'identified') return this.#poll();
    if (this.#phase === 'announced') return this.#acceptAndReceive();
    if (this.#phase !== 'page-held' || !this.#held) return this.#illegal('+FDR');
    const { message, verdict } = this.#held;
    const confirmation = this.#settings.override ?? verdict;
    this.#settings.override = undefined;
    this.#held = undefined;
    const next = await this.#receiver.answer(message, confirmation);
    if (next.kind === 'ended') return this.#tellEnd(next);
    if (next.kind === 'announced') return this.#acceptAndReceive(next);
    if (this.#profile.dcsEveryPage) this.#dte.report(this.#dialect.agreed(this.#settings.agreed));
    return this.#receivePage();
  }

  async #poll(): Promise<FaxResult> {
    if (!this.#hasDocument) return this.#illegal('+FDR without a document to poll');
    this.#receiver = new Receiver(this.#end, this.#pace, this.#settings.session, this.#settings.localId);
    const announced = await this.#receiver.poll(this.#settings.pollId);
    if (announced.kind === 'ended') return this.#tellEnd(announced);
    return this.#acceptAndReceive(announced);
  }

  /** @param announced what the DTE has not heard yet: the sender has trained anew. */
  async #acceptAndReceive(announced?: Announced): Promise<FaxResult> {
    await this.#receiver.accept();
    if (this.#dialect.ready) this.#dte.report(this.#dialect.ready);
    if (announced) this.#tellAnnounced(announced);
    else this.#dte.report(this.#dialect.agreed(this.#settings.agreed));
    return this.#receivePage();
  }

  async #receivePage(): Promise<FaxResult> {
    if (this.#end.lost.aborted) return this.#tellEnd(ended(hangup.receiveC));
    const { agreed } = this.#settings;
    const counter = pageDecoder(codingOf(agreed), {
      widthPx: widthOf(agreed),
      resolution: agreed.vr & 1 ? 'fine' : 'normal',
      maxLines: lineLimit,
    });
    const sink = this.#dte.beginReceive();
    let received = 0;
    sink.cancelled.addEventListener('abort', () => this.abort(), { once: true });
    const posted = await this.#receiver.page((bytes) => {
      received += bytes.length;
      counter.push(bytes);
      if (!sink.push(stuffed(this.#asReceived(bytes)))) this.abort(hangup.receiveOverflow);
    });
    const whole = posted.kind === 'posted' && this.#profile.rtcOnReceive && codingOf(agreed) === 'MH';
    const ending = whole ? Uint8Array.from([...stuffed(this.#asReceived(rtc)), ...pageEnd]) : pageEnd;
    const taken = await sink.finish(ending);
    this.#dte.note(`${received} bytes of page data`);
    if (posted.kind === 'ended') return this.#tellEnd(posted);
    if (!taken) {
      this.abort(hangup.receiveC);
      return this.#tellEnd(ended(hangup.receiveC));
    }
    this.#hold(posted.message, counter.end());
    return 'OK';
  }

  /** Rockwell delivers the first bit highest in class 2 although the order is direct. */
  #asReceived(bytes: Uint8Array): Uint8Array {
    const swapped = this.#dialect.faxClass === '2' && this.#profile.swapsReceived;
    return this.#isReversed !== swapped ? bytes : reverseBits(bytes);
  }

  #hold(message: PostMessage, { lines, badLines, longestBadRun }: DecodedPage): void {
    const bad = badLines > 10 + lines / 10;
    const checked = this.#settings.value('+FCQ').startsWith('1');
    const verdict: Confirmation = bad && checked ? 'rtn' : 'mcf';
    this.#held = { message, verdict };
    this.#phase = 'page-held';
    const counts =
      this.#profile.lineCounts === 'right' ? ([lines, badLines, longestBadRun] as const) : ([0, 0, 0] as const);
    this.#dte.report(this.#dialect.pageStatus(verdictCode(verdict), ...counts));
    this.#dte.report(`+FET:${{ mps: 0, eom: 1, eop: 2 }[message]}`);
  }

  #illegal(what: string): FaxResult {
    if (this.#end.lost.aborted && this.#phase !== 'over') return this.#tellEnd(ended(hangup.receiveD));
    this.#dte.fault(`${what} does not belong here (${this.#phase})`);
    return 'ERROR';
  }

  #tellEnd({ code }: Ended): FaxResult {
    const told = this.#close(code);
    this.#dte.report(this.#dialect.hungUp(told));
    return 'OK';
  }

  #close(code: number): number {
    const told = this.#abortCode ?? code;
    this.#phase = 'over';
    this.#fetTimer?.cancel();
    this.#end.hangUp();
    this.#settings.endSession(told);
    return told;
  }
}
