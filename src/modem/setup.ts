import type { PageCoding } from '../fax/page-coding.ts';
import { chooseClass, type Dialect, dialects } from './dialect.ts';
import type { Ending, ModemLink } from './link.ts';
import { type Profile, profileOf } from './profile.ts';
import {
  dataFormat,
  dataFormats,
  type FaxVector,
  formatVector,
  parseRanges,
  rateCode,
  unknownVector,
} from './vector.ts';

/** A modem as it was found, and what we ask of it. */
export interface KnownModem {
  readonly dialect: Dialect;
  readonly profile: Profile;
  /** What it called itself, on one line. */
  readonly identity: string;
  /** Fax classes that it offers, as it writes them. */
  readonly classes: string;
  /** What calls may use: the modem's abilities, cut to what we do (1728 pels) and may. */
  readonly own: FaxVector;
}

export type Fault = { readonly kind: 'fault'; readonly reason: string };

export interface LineSettings {
  readonly modemClass: 'auto' | '2' | '2.0';
  /** At most 20 of digits, `+` and space. */
  readonly stationId: string;
  readonly maxBitRate: number;
  /** Densest coding to agree on. */
  readonly compression: PageCoding;
  /** ECM where both modems have it. */
  readonly errorCorrection: boolean;
  /** What the line leads to. */
  readonly network: 'pstn' | 'pbx' | 'voip';
}

/** Voice over IP carries no more than this for long: what is faster trains down page by page (T.38's own V.29 speed). */
const voipBitRate = 9600;

/** Commands that have no effect on the line are said again when their answer is lost. */
const tries = 3;

/** Wakes the modem and asks what it is. */
export async function identify(
  link: ModemLink,
  settings: LineSettings,
): Promise<{ kind: 'modem'; modem: KnownModem } | Fault> {
  if ((await insist(link, 'Z')) === undefined) return fault('The modem does not answer.');
  // No echo, results as words, never answer by itself, time for slow exchanges.
  for (const body of ['E0Q0V1', 'S0=0', 'S7=90']) {
    if ((await insist(link, body)) === undefined) return fault(`The modem does not take AT${body}.`);
  }
  const offered = await link.ask('+FCLASS=?');
  if (offered.ending !== 'ok') return fault('The modem is no fax modem: it does not know +FCLASS.');
  const product = (await link.ask('I3')).lines;
  const firstGuess = profileOf(product.join(' '));
  const preferred = settings.modemClass === 'auto' ? firstGuess.preferredClass : settings.modemClass;
  const faxClass = chooseClass(offered.lines.join(' '), preferred);
  if (!faxClass || (settings.modemClass !== 'auto' && faxClass !== preferred)) {
    return fault(`The modem does not offer fax class ${settings.modemClass === 'auto' ? '2 or 2.0' : preferred}.`);
  }
  const dialect = dialects[faxClass];
  if ((await insist(link, `+FCLASS=${faxClass}`)) === undefined)
    return fault(`The modem does not take +FCLASS=${faxClass}.`);
  const maker = (await link.ask(dialect.maker)).lines;
  const model = (await link.ask(dialect.model)).lines;
  const words = [...product, ...maker, ...model];
  // Many modems say the same thing three times.
  const said = words.filter(
    (word, at) => !words.some((other, by) => by !== at && other.includes(word) && (other !== word || by < at)),
  );
  const identity = said.join(' ').slice(0, 200);
  const profile = profileOf(identity);
  const limits = (await link.ask(`${dialect.capabilities}=?`)).lines.join(' ');
  return {
    kind: 'modem',
    modem: {
      dialect,
      profile,
      identity,
      classes: offered.lines.join(' '),
      own: ownVector(limits, dialect, profile, settings),
    },
  };
}

function ownVector(limits: string, dialect: Dialect, profile: Profile, settings: LineSettings): FaxVector {
  const [vr = 1, br = 5, , , df = 0, offered = 0] = parseRanges(limits);
  const ec = settings.errorCorrection ? Math.min(offered, dialect.mostErrorCorrection) : 0;
  // What such a modem does then is not ours to say: it is taken as the least, and tells more in calls.
  if (profile.resolutionOnlyInFcc)
    return { ...unknownVector, vr: vr & 1, br: Math.min(br, rateCode(settings.maxBitRate)), ln: 2 };
  const allowed = Math.min(dataFormats[settings.compression], dataFormats[profile.densest]);
  return {
    vr: vr & 1,
    br: Math.min(br, rateCode(settings.maxBitRate)),
    wd: 0,
    ln: 2,
    df: dataFormat(Math.min(df, allowed), ec),
    ec,
    bf: 0,
    st: 0,
  };
}

/** Puts the modem into its fax class with our parameters: before every call, and to listen. */
export async function prepare(link: ModemLink, modem: KnownModem, settings: LineSettings): Promise<Fault | undefined> {
  const { dialect, profile, own } = modem;
  const required: readonly (readonly string[])[] = [
    [`+FCLASS=${dialect.faxClass}`],
    [`${dialect.stationId}="${settings.stationId}"`],
    profile.resolutionOnlyInFcc
      ? [`${dialect.capabilities}=${own.vr}`]
      : [
          `${dialect.capabilities}=${formatVector(own)}`,
          // Modems that do not know the fast speeds.
          `${dialect.capabilities}=${formatVector({ ...own, br: Math.min(own.br, 3) })}`,
        ],
    [`${dialect.bitOrder}=0`],
  ];
  for (const bodies of required) {
    let taken: Ending | undefined;
    for (const body of bodies) {
      taken = await insist(link, body);
      if (taken !== undefined) break;
    }
    if (taken === undefined) return fault(`The modem does not take AT${bodies[0]}.`);
  }
  // A PBX has a dial tone of its own, which modems take for none: X3 dials without one.
  const dialling = settings.network === 'pbx' ? ['X3'] : [];
  for (const body of [...profile.init, ...dialling, ...dialect.optional, '+VCID=1']) {
    const ending = await link.command(body);
    if (ending === 'closed' || ending === 'silence') return fault('The modem stopped answering.');
    if (body === '+VCID=1' && ending === 'error') await link.command('#CID=1');
  }
  return undefined;
}

/** Makes the modem ready for a call in, and to tell what kind of caller it is (adaptive answer, +FAA). */
export async function prepareToListen(
  link: ModemLink,
  modem: KnownModem,
  settings: LineSettings,
): Promise<Fault | undefined> {
  const failed = await prepare(link, modem, settings);
  if (failed || !modem.profile.adaptiveInDataClass) return failed;
  return (await insist(link, '+FCLASS=0')) ? undefined : fault('The modem does not take AT+FCLASS=0.');
}

/** Says a command until it is answered OK; a refusal is final. */
export async function insist(link: ModemLink, body: string): Promise<'ok' | undefined> {
  for (let count = 0; count < tries; count++) {
    const ending = await link.command(body);
    if (ending === 'ok') return 'ok';
    if (ending !== 'silence') return undefined;
  }
  return undefined;
}

function fault(reason: string): Fault {
  return { kind: 'fault', reason };
}

/** What is asked of the modem of a line. */
export function settingsOf(line: LineSettings & { readonly number: string }): LineSettings {
  const { modemClass, compression, errorCorrection, network } = line;
  const maxBitRate = network === 'voip' ? Math.min(line.maxBitRate, voipBitRate) : line.maxBitRate;
  return { modemClass, maxBitRate, compression, errorCorrection, network, stationId: stationIdOf(line) };
}

/** What a line calls itself: its number may hold more than T.30 §5.3.6.2.4 carries (digits, + and space, 20 of them). */
export function stationIdOf({ stationId, number }: { readonly stationId: string; readonly number: string }): string {
  return stationId || number.replaceAll(/[^0-9+ ]/g, '').slice(0, 20);
}
