import { delay, type Pace } from '../line/pace.ts';
import type { PhoneLine, Ring } from '../line/phone-line.ts';
import { AtCommands } from './at-commands.ts';
import { LineAssembler, parseAtLine } from './at-line.ts';
import { Calls } from './calls.ts';
import { type DteCable, DtePort, type Final, type ModemLogEntry } from './dte-port.ts';
import type { DteSide } from './fax-session.ts';
import { Inbox } from './inbox.ts';
import { beginReceive, beginTransmit, type ReceiveMode, type TransmitMode, XOFF, XON } from './page-transfer.ts';
import type { ModemProfile } from './profile.ts';
import { Registers } from './registers.ts';
import { FaxSettings } from './settings.ts';

/** Scripted replies of a modem that misbehaves: lines in the place of its own, or undefined to let it answer itself. */
export type ReplyOverride = (command: string) => readonly string[] | undefined;

const LF = 0x0a;
const CR = 0x0d;

type Mode =
  /** Command lines are gathered. */
  | { readonly kind: 'command' }
  /** A command line is worked on; what the DTE sends waits. */
  | { readonly kind: 'working' }
  /** A command that lasts: any character gives it up. */
  | { readonly kind: 'action'; readonly abort: () => void }
  | { readonly kind: 'aborting' }
  | TransmitMode
  | ReceiveMode;

/**
 * A simulated class 2 and 2.0 fax modem, the DCE: bytes of the DTE on one side, a telephone line on the other. It is
 * strict: what no manual allows is answered as a modem would, and logged as a fault of the DTE.
 */
export class Modem {
  readonly profile: ModemProfile;
  readonly #pace: Pace;
  readonly #overrides: ReplyOverride[] = [];
  readonly #assembler = new LineAssembler();
  readonly #registers = new Registers();
  readonly #settings: FaxSettings;
  readonly #port: DtePort;
  readonly #inbox: Inbox;
  readonly #calls: Calls;
  readonly #commands: AtCommands;
  #mode: Mode = { kind: 'command' };
  #discardLine = false;
  #faultedAhead = false;

  constructor(line: PhoneLine, profile: ModemProfile, pace: Pace, log: (entry: ModemLogEntry) => void) {
    this.profile = profile;
    this.#pace = pace;
    const settings = new FaxSettings(profile);
    const port = new DtePort(profile.chunkBytes, pace.clock, log);
    const host = {
      beginAction: (abort: () => void) => {
        this.#mode = { kind: 'action', abort };
      },
      dteSide: () => this.#dteSide(),
    };
    const parts = { host, line, profile, pace, port, settings, registers: this.#registers };
    this.#settings = settings;
    this.#port = port;
    this.#inbox = new Inbox(
      (bytes) => this.#consume(bytes),
      () => port.fault('more was sent than flow control allows'),
    );
    this.#calls = new Calls(parts);
    this.#commands = new AtCommands({ ...parts, calls: this.#calls });
    line.onRing((ring) => this.#ring(ring));
  }

  /** Asks `override` before the modem answers a command line; newest first. Returns the way to take it back. */
  override(override: ReplyOverride): () => void {
    this.#overrides.unshift(override);
    return () => {
      const index = this.#overrides.indexOf(override);
      if (index >= 0) this.#overrides.splice(index, 1);
    };
  }

  /** Plugs a program in, in the place of the one before. Returns the way to pull the cable, which drops DTR. */
  plug(cable: DteCable): () => void {
    const before = this.#port.cable;
    if (before) this.dropDtr();
    this.#port.cable = cable;
    before?.unplugged();
    return () => {
      if (this.#port.cable !== cable) return;
      this.#port.cable = undefined;
      this.dropDtr();
    };
  }

  /** `&D2`: on the hook, command mode. */
  dropDtr(): void {
    this.flush();
    this.#assembler.clear();
    this.#discardLine = false;
    this.#calls.giveUp();
    if (this.#mode.kind === 'receive') this.#mode.cancel();
    if (this.#mode.kind === 'command') this.#calls.session?.hangUp();
    else this.#calls.session?.abort();
  }

  /** Throws away what the DTE sent and the modem has not taken. */
  flush(): void {
    this.#inbox.flush();
  }

  /** Bytes from the DTE; resolves when the modem has taken them, which in a page is as fast as the line goes. */
  receive(bytes: Uint8Array): Promise<void> {
    return this.#inbox.receive(bytes);
  }

  /** @returns how many bytes the present mode took. */
  #consume(bytes: Uint8Array): number {
    const mode = this.#mode;
    switch (mode.kind) {
      case 'transmit':
        if (mode.awaitsXon) {
          mode.awaitsXon = false;
          this.#port.fault('page data before XON');
        }
        return mode.feed.push(bytes);
      case 'receive':
        mode.onByte(bytes[0]!);
        return 1;
      case 'working':
        if (!this.#faultedAhead) this.#port.fault('a command was sent before the result of the one before');
        this.#faultedAhead = true;
        return 0;
      case 'action':
        this.#abortAction(bytes[0]!, mode.abort);
        return 1;
      case 'aborting':
      case 'command':
        this.#typed(bytes[0]!, mode.kind === 'aborting');
        return 1;
      default:
        return mode satisfies never;
    }
  }

  /** Any character gives up a command that lasts; the rest of its line is lost with it. */
  #abortAction(byte: number, abort: () => void): void {
    if (byte === XON || byte === XOFF || byte === LF) return;
    this.#port.note('given up by the DTE');
    this.#discardLine = /[Aa]/.test(String.fromCharCode(byte));
    this.#mode = { kind: 'aborting' };
    abort();
  }

  #typed(byte: number, isAborting: boolean): void {
    if (byte === XON || byte === XOFF) return;
    if (this.#discardLine) {
      if (byte === CR) this.#discardLine = false;
      return;
    }
    if (isAborting) return;
    if (this.#port.echo) this.#port.send(Uint8Array.of(byte));
    const line = this.#assembler.push(byte);
    if (line === undefined) return;
    this.#mode = { kind: 'working' };
    this.#faultedAhead = false;
    void this.#work(line);
  }

  async #work(line: string): Promise<void> {
    await delay(this.#pace.clock, this.profile.replyMs);
    const result = await this.#runLine(line);
    // What waits of a page whose call was lost is no command.
    if (this.#mode.kind === 'transmit') this.flush();
    this.#mode = { kind: 'command' };
    this.#calls.tidy();
    if (result !== 'silent') this.#port.report(result);
    this.#inbox.pump();
  }

  async #runLine(line: string): Promise<Final> {
    const parsed = parseAtLine(line);
    if (parsed.kind === 'noise') return 'silent';
    this.#port.log('dte', line);
    for (const override of this.#overrides) {
      const lines = override(line);
      if (lines === undefined) continue;
      for (const text of lines) this.#port.report(text);
      return 'silent';
    }
    if (parsed.kind === 'wrong') {
      this.#port.fault(`no command line: ${line.slice(0, 40)}`);
      return 'ERROR';
    }
    return this.#commands.runAll(parsed.commands);
  }

  #dteSide(): DteSide {
    const port = this.#port;
    // After a page the fax command that moved it goes on, and can be given up as before.
    const transfer = {
      enter: (mode: TransmitMode | ReceiveMode) => {
        this.#mode = mode;
      },
      isIn: (mode: TransmitMode) => this.#mode === mode,
      leave: () => {
        const { session } = this.#calls;
        this.#mode = { kind: 'action', abort: () => session?.abort() };
      },
      pump: () => this.#inbox.pump(),
    };
    return {
      report: (text) => port.report(text),
      beginTransmit: (faxClass) => beginTransmit(transfer, port, this.#pace, this.profile, faxClass),
      beginReceive: () => beginReceive(transfer, port, this.#pace),
      fault: (text) => port.fault(text),
      note: (text) => port.note(text),
    };
  }

  #ring(ring: Ring): void {
    if (this.#calls.takeRing()) return;
    if (this.#mode.kind !== 'command' || !this.#assembler.isEmpty) return;
    this.#port.report('RING');
    const asked = this.#settings.value('+VCID') !== '0' || this.#settings.value('#CID') !== '0';
    if (ring.count === 1 && (asked || this.profile.callerId === 'always')) this.#tellCaller(ring);
    const autoAnswer = this.#registers.value(0);
    if (autoAnswer > 0 && ring.count >= autoAnswer) {
      this.#mode = { kind: 'working' };
      void this.#work('ATA');
    }
  }

  #tellCaller({ from, fromName }: Ring): void {
    const now = new Date(this.#pace.clock.now()).toISOString();
    this.#port.report(`DATE = ${now.slice(5, 7)}${now.slice(8, 10)}`);
    this.#port.report(`TIME = ${now.slice(11, 13)}${now.slice(14, 16)}`);
    this.#port.report(`NMBR = ${from === '' ? 'P' : from}`);
    if (fromName !== '') this.#port.report(`NAME = ${fromName}`);
  }
}
