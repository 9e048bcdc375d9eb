/** What sets one make of modem apart from another. A field is a behaviour that a driver can stumble over. */
export interface ModemProfile {
  readonly manufacturer: string;
  readonly model: string;
  readonly revision: string;
  /** Answers to `ATI0`, `ATI1`, ...; what is not listed is answered with the model. */
  readonly identity: readonly string[];
  /** As `+FCLASS=?` lists them. */
  readonly classes: string;
  /** The Rockwell mistake: in class 2 received pages come first bit highest with `+FBOR=0`, sent ones do not. */
  readonly swapsReceived: boolean;
  /** Class 2: time from CONNECT to XON in ms; `none` for modems that never send it. */
  readonly xonMs: number | 'none';
  /** Class 2.0 numbers: hexadecimal by the standard, decimal on some. */
  readonly radix20: 10 | 16;
  /** Densest coding and error correction that it can do, as codes of +FDCC. */
  readonly most: { readonly df: 0 | 1 | 3; readonly ec: 0 | 1 | 2 };
  /** Received pages end with RTC. */
  readonly rtcOnReceive: boolean;
  /** `+FDCS`/`+FCS` comes with every page, not only after training. */
  readonly dcsEveryPage: boolean;
  /** What the modem says when nobody takes the call off the hook. */
  readonly noAnswer: 'NO ANSWER' | 'NO CARRIER';
  /** A line lost while a page is being sent is told at once, or only after the page. */
  readonly tellsLoss: 'at-once' | 'after-page';
  /** Line counts in `+FPTS:` are right, or always nonsense. */
  readonly lineCounts: 'right' | 'nonsense';
  /** Caller id is told always, or once it was asked for (`+VCID=1`, `#CID=1`). */
  readonly callerId: 'always' | 'asked';
  /** Fax commands that it answers with ERROR. */
  readonly lacks: readonly string[];
  /** Answer to fax commands it has never heard of. */
  readonly unknown: 'OK' | 'ERROR';
  /** Time from a command to its reply, ms. */
  readonly replyMs: number;
  /** Most bytes given to the DTE in one piece: 1 splits everything that can be split. */
  readonly chunkBytes: number;
}

const plain: ModemProfile = {
  manufacturer: 'CASELLI',
  model: 'SIMULATED FAX MODEM',
  revision: '1.0',
  identity: ['14400', '000', 'OK', 'SIMULATED FAX MODEM V1.0', 'SIM144'],
  classes: '0,2,2.0',
  swapsReceived: true,
  xonMs: 150,
  radix20: 16,
  most: { df: 3, ec: 2 },
  rtcOnReceive: false,
  dcsEveryPage: false,
  noAnswer: 'NO ANSWER',
  tellsLoss: 'at-once',
  lineCounts: 'right',
  callerId: 'asked',
  lacks: [],
  unknown: 'OK',
  replyMs: 2,
  chunkBytes: 1024,
};

/** Makes that the tests and the demo know by name; fax-class2.md §14 tells where each was met. */
export const modemProfiles = {
  plain,
  /** Generic Rockwell: class 2 only, line counts worthless. */
  rockwell: {
    ...plain,
    manufacturer: 'ROCKWELL',
    model: 'RC144DPi',
    classes: '0,1,2',
    most: { df: 0, ec: 0 },
    lineCounts: 'nonsense',
    lacks: ['+FSPL'],
    noAnswer: 'NO CARRIER',
  },
  /** Correct bit order when receiving in class 2. */
  multitech: {
    ...plain,
    manufacturer: 'MULTI-TECH SYSTEMS',
    model: 'MT2834',
    identity: ['28800'],
    swapsReceived: false,
  },
  /** Class 2.0 only, decimal numbers, few optional commands. */
  courier: {
    ...plain,
    manufacturer: 'U.S. ROBOTICS',
    model: 'COURIER V.EVERYTHING',
    identity: ['3366', '', '', 'USRobotics Courier V.Everything'],
    classes: '0,1,2.0',
    radix20: 10,
    most: { df: 1, ec: 0 },
    lacks: ['+FNR', '+FIE', '+FCT', '+FEA'],
  },
  /** No XON after CONNECT, every optional command missing, unknown ones refused. */
  telebit: {
    ...plain,
    manufacturer: 'TELEBIT',
    model: 'QBLAZER',
    identity: ['965'],
    classes: '0,2',
    xonMs: 'none',
    most: { df: 0, ec: 0 },
    lacks: ['+FAP', '+FTBC', '+FPHCTO', '+FBUG', '+FSPL', '+FCQ', '+FREL', '+FAA'],
    unknown: 'ERROR',
  },
  /** What efax wants of a received page: RTC at its end. */
  rtc: { ...plain, rtcOnReceive: true },
} as const satisfies Record<string, ModemProfile>;

export type ProfileName = keyof typeof modemProfiles;
