/**
 * Class 2 (draft SP-2388-A as Rockwell made it) and class 2.0 (TIA-592, T.32) do the same under other names. What
 * differs is in this table and nowhere else.
 */
export interface Dialect {
  readonly faxClass: '2' | '2.0';
  /** Commands before `=`. */
  readonly capabilities: string;
  readonly session: string;
  readonly stationId: string;
  readonly bitOrder: string;
  readonly pageStatus: string;
  readonly maker: string;
  readonly model: string;
  /** Orders the modem to end the call. */
  readonly abort: string;
  /** Settings that are good to have; a modem that lacks them says ERROR and works all the same. */
  readonly optional: readonly string[];
  /** XON after CONNECT tells that page data may come. */
  readonly xonBeforePage: boolean;
  /** The post-page message is a command after the page (class 2), or a character that ends the page data (2.0). */
  readonly postPage: 'command' | 'in-stream';
  /** Order of bits of received data when `bitOrder` is 0: class 2 modems give them as Rockwell mistook the draft. */
  readonly receivedBits: 'msb-first' | 'lsb-first';
  /** Code of the error correction that is asked for: ECM with frames of 256 bytes. */
  readonly mostErrorCorrection: 1 | 2;
}

export const dialects: Record<'2' | '2.0', Dialect> = {
  '2': {
    faxClass: '2',
    capabilities: '+FDCC',
    session: '+FDIS',
    stationId: '+FLID',
    bitOrder: '+FBOR',
    pageStatus: '+FPTS',
    maker: '+FMFR?',
    model: '+FMDL?',
    abort: '+FK',
    // Received calls are wanted; 20 s for us to have the next page ready, in place of 3.
    optional: ['+FCR=1', '+FAA=1', '+FTBC=0', '+FPHCTO=200', '+FCQ=0'],
    xonBeforePage: true,
    postPage: 'command',
    receivedBits: 'msb-first',
    mostErrorCorrection: 2,
  },
  '2.0': {
    faxClass: '2.0',
    capabilities: '+FCC',
    session: '+FIS',
    stationId: '+FLI',
    bitOrder: '+FBO',
    pageStatus: '+FPS',
    maker: '+FMI?',
    model: '+FMM?',
    abort: '+FKS',
    // +FNR: all reports but non-standard facilities; +FLO=2: RTS/CTS; +FIE=0: no procedure interrupts.
    optional: ['+FCR=1', '+FAA=1', '+FNR=1,1,1,0', '+FLO=2', '+FPP=0', '+FIE=0', '+FCT=30'],
    xonBeforePage: false,
    postPage: 'in-stream',
    receivedBits: 'lsb-first',
    mostErrorCorrection: 1,
  },
};

/** Post-page messages (T.30 §5.3.6.1.5): +FET values, and the character after DLE of class 2.0 (T.32 §8.3.3.7). */
export const postPage = {
  MPS: { fet: 0, mark: 0x2c },
  EOP: { fet: 2, mark: 0x2e },
} as const;

/** The best of the classes in an answer to +FCLASS=? such as `0,1,2,2.0` or `(0-2,2.0)`. */
export function chooseClass(answer: string, preferred: '2' | '2.0'): '2' | '2.0' | undefined {
  const offered = new Set<string>();
  for (const [, from, to] of answer.matchAll(/(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?/g)) {
    offered.add(from!);
    // A range counts whole classes: `0-2` says nothing of 2.0.
    if (to !== undefined && Number(from) <= 2 && Number(to) >= 2) offered.add('2');
  }
  const other = preferred === '2.0' ? '2' : '2.0';
  return ([preferred, other] as const).find((one) => offered.has(one));
}
