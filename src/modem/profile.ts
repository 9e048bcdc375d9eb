import type { PageCoding } from '../fax/page-coding.ts';

/** Peculiarities of a kind of modem. The plain profile is what most of them do. */
export interface Profile {
  readonly name: string;
  /** Class to take when the modem offers both. */
  readonly preferredClass: '2' | '2.0';
  /** Commands at the beginning, each allowed to fail: RTS/CTS, DTR hangs up. */
  readonly init: readonly string[];
  /** XON comes after CONNECT in class 2; if not, it is not waited for. */
  readonly sendsXon: boolean;
  /** Character that starts the flow of a received page. */
  readonly receiveTrigger: 'DC2' | 'XON';
  /** Gives received data in the order it was told, in class 2 as well. */
  readonly rightBitOrder: boolean;
  /** Densest coding that it can be trusted with, whatever it says. */
  readonly densest: PageCoding;
  /** Wants RTC from us at the end of a page. */
  readonly needsRtc: boolean;
  /** Wants the session parameters before dialling. */
  readonly sessionBeforeDial: boolean;
  /** Takes only the first value of +FCC; the second would set the lowest speed. */
  readonly resolutionOnlyInFcc: boolean;
  /** Tells fax, data and voice callers apart only when it waits in class 0 with +FAA=1; in a fax class it takes all for faxes. */
  readonly adaptiveInDataClass: boolean;
}

const plain: Profile = {
  name: 'plain',
  preferredClass: '2.0',
  init: ['&K3', '&D2'],
  sendsXon: true,
  receiveTrigger: 'DC2',
  rightBitOrder: false,
  densest: 'MMR',
  needsRtc: false,
  sessionBeforeDial: false,
  resolutionOnlyInFcc: false,
  adaptiveInDataClass: false,
};

/** Looked up in what ATI3, maker and model answer; the first that fits. */
const known: readonly (readonly [RegExp, Partial<Profile> & { readonly name: string }])[] = [
  // Keeps to the draft when it receives in class 2; class 2.0 pages without RTC lose their end; some spoil MMR that they offer.
  [/multi-?tech/i, { name: 'MultiTech', rightBitOrder: true, densest: 'MR', needsRtc: true }],
  // Old firmware reads +FCC=1,5 as lowest speed 14400; its flow control commands are its own.
  [
    /courier|sportster|u\.?s\.? ?robotics|\busr\b/i,
    { name: 'USRobotics', init: ['&H1&I0&R2', '&D2'], needsRtc: true, resolutionOnlyInFcc: true },
  ],
  [/zyxel/i, { name: 'ZyXEL', init: ['&H3', '&D2'] }],
  [/qblazer|tornado|blatzheim/i, { name: 'Telebit', sendsXon: false }],
  [/e-tech|exar|worldblazer|umc ?9624|ppi 14400/i, { name: 'UMC', sessionBeforeDial: true }],
  // Its class 2.0 is an afterthought of class 2; mgetty and HylaFAX drive these chips in class 2.
  [/rockwell|conexant|rc(144|288|336)|k56/i, { name: 'Rockwell', preferredClass: '2', adaptiveInDataClass: true }],
];

export function profileOf(identity: string): Profile {
  const found = known.find(([pattern]) => pattern.test(identity));
  return found ? { ...plain, ...found[1] } : plain;
}
