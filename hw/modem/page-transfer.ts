import { delay, type Pace } from '../line/pace.ts';
import type { FaxClass } from './dialect.ts';
import type { DtePort } from './dte-port.ts';
import type { PageSink } from './fax-session.ts';
import { PageFeed } from './page-stream.ts';
import type { ModemProfile } from './profile.ts';

export const XON = 0x11;
export const XOFF = 0x13;
const DC2 = 0x12;
const CAN = 0x18;

/** Bytes of a received page that wait for a DTE that does not read. */
const receiveLimit = 64 * 1024;
/** A DTE may go on without XON after so long. */
const patientDteMs = 2000;
/** How long a received page waits for the DTE's sign to start. */
const triggerGuardMs = 30_000;

/** The DTE's bytes are a page. */
export interface TransmitMode {
  readonly kind: 'transmit';
  readonly feed: PageFeed;
  awaitsXon: boolean;
}

/** A page goes to the DTE, whose bytes steer it. */
export interface ReceiveMode {
  readonly kind: 'receive';
  readonly onByte: (byte: number) => void;
  readonly cancel: () => void;
}

/** What a page on the cable needs of the modem. */
export interface TransferHost {
  enter(mode: TransmitMode | ReceiveMode): void;
  isIn(mode: TransmitMode): boolean;
  /** The page has left the cable, the fax command goes on. */
  leave(): void;
  /** What the DTE sent already is offered to the new mode. */
  pump(): void;
}

/** CONNECT, and XON where the modem gives it: from now on the DTE's bytes are the page. */
export function beginTransmit(
  host: TransferHost,
  port: DtePort,
  pace: Pace,
  profile: ModemProfile,
  faxClass: FaxClass,
): PageFeed {
  const feed = new PageFeed(
    faxClass,
    () => host.pump(),
    (text) => port.fault(text),
    () => host.leave(),
  );
  const xonMs = faxClass === '2' ? profile.xonMs : 'none';
  const mode: TransmitMode = { kind: 'transmit', feed, awaitsXon: xonMs !== 'none' && xonMs < patientDteMs };
  host.enter(mode);
  port.report('CONNECT');
  if (xonMs !== 'none') {
    pace.clock.timer(pace.scaled(xonMs), () => {
      mode.awaitsXon = false;
      if (host.isIn(mode)) port.send(Uint8Array.of(XON));
    });
  }
  host.pump();
  return feed;
}

/** CONNECT: the page goes to the DTE from when it asks for it. */
export function beginReceive(host: TransferHost, port: DtePort, pace: Pace): PageSink {
  const started = new AbortController();
  const cancelled = new AbortController();
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  host.enter({
    kind: 'receive',
    cancel: () => cancelled.abort(),
    onByte: (byte) => {
      if (byte === CAN) cancelled.abort();
      else if (byte === DC2 || byte === XON) {
        started.abort();
        for (const bytes of waiting.splice(0)) port.send(bytes);
      } else if (byte !== XOFF) port.fault(`byte ${byte.toString(16).padStart(2, '0')} sent while a page is received`);
    },
  });
  port.report('CONNECT');
  host.pump();
  return {
    cancelled: cancelled.signal,
    push: (bytes) => {
      if (started.signal.aborted) {
        port.send(bytes);
        return (port.cable?.backlogBytes() ?? 0) <= receiveLimit;
      }
      waiting.push(bytes);
      waitingBytes += bytes.length;
      return waitingBytes <= receiveLimit;
    },
    finish: async (ending) => {
      const ready = AbortSignal.any([started.signal, cancelled.signal]);
      await delay(pace.clock, triggerGuardMs, ready);
      host.leave();
      port.send(ending);
      return ready.aborted;
    },
  };
}
