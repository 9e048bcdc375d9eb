import type { Confirmation } from '../line/circuit.ts';
import { type FaxVector, formatVector, parseVector, plainVector, vectorRanges } from '../line/vector.ts';
import type { ExtendedAction } from './at-line.ts';
import { type FaxClass, hangupCode20 } from './dialect.ts';
import type { ModemProfile } from './profile.ts';

/** Answer to a command that sets or tells: lines of information, or ERROR. */
export type SettingAnswer = { readonly kind: 'ok'; readonly lines: readonly string[] } | { readonly kind: 'error' };

const ok = (...lines: string[]): SettingAnswer => ({ kind: 'ok', lines });
const error: SettingAnswer = { kind: 'error' };

interface PlainSetting {
  /** What `=?` answers. */
  readonly range: string;
  readonly initial: string;
}

/** Settings that are kept and told, in pairs of the two classes' names for the same thing. */
const plainSettings: ReadonlyMap<string, PlainSetting> = new Map(
  (
    [
      ['+FCR', '(0,1)', '0'],
      ['+FAA', '(0,1)', '0'],
      ['+FBOR +FBO', '(0-3)', '0'],
      ['+FPHCTO', '(0-255)', '30'],
      ['+FCT', '(0-FF)', '1E'],
      ['+FMINSP +FMS', '(0-5)', '0'],
      ['+FCQ', '(0-1),(0-1)', '1'],
      ['+FRQ', '(0-64),(0-500)', '0,0'],
      ['+FBADLIN', '(0-255)', '10'],
      ['+FBADMUL', '(0-255)', '20'],
      ['+FREL +FEA', '(0,1)', '0'],
      ['+FNR', '(0,1),(0,1),(0,1),(0)', '0,0,0,0'],
      ['+FLO', '(0-2)', '1'],
      ['+FPR', '(0-8)', '0'],
      ['+FTBC +FPP', '(0,1)', '0'],
      ['+FIE', '(0)', '0'],
      ['+FBUG +FBU', '(0,1)', '0'],
      ['+FSPL +FSP', '(0,1)', '0'],
      ['+FLPL +FLP', '(0,1)', '0'],
      ['+FAP', '(0-1)', '0'],
      ['+FECM', '(0-2)', '0'],
      ['+FCTCRTY +FRY', '(0-255)', '0'],
      ['+FNS', '(20-7E)', ''],
      ['+FSA', '(20-7E)', ''],
      ['+FPA', '(20-7E)', ''],
      ['+FPW', '(20-7E)', ''],
      ['+VCID', '(0-2)', '0'],
      ['#CID', '(0-2)', '0'],
    ] as const
  ).flatMap(([names, range, initial]) => names.split(' ').map((name) => [name, { range, initial }] as const)),
);

/** The second name of a setting points to the first. */
const sameAs: ReadonlyMap<string, string> = new Map([
  ['+FBO', '+FBOR'],
  ['+FMS', '+FMINSP'],
  ['+FEA', '+FREL'],
  ['+FPP', '+FTBC'],
  ['+FBU', '+FBUG'],
  ['+FSP', '+FSPL'],
  ['+FLP', '+FLPL'],
  ['+FRY', '+FCTCRTY'],
  ['+FCC', '+FDCC'],
  ['+FIS', '+FDIS'],
  ['+FCS', '+FDCS'],
  ['+FLI', '+FLID'],
  ['+FPI', '+FCIG'],
  ['+FPS', '+FPTS'],
  ['+FHS', '+FAXERR'],
  ['+FBS', '+FBUF'],
  ['+FMI', '+FMFR'],
  ['+FMM', '+FMDL'],
  ['+FMR', '+FREV'],
]);

const idLimit = 20;

/** `+FPTS=` and `+FPS=` values. */
const verdicts: ReadonlyMap<string, Confirmation> = new Map([
  ['1', 'mcf'],
  ['2', 'rtn'],
  ['3', 'rtp'],
  ['4', 'pin'],
  ['5', 'pip'],
]);

export const verdictCode = (confirmation: Confirmation): number =>
  Number([...verdicts].find(([, one]) => one === confirmation)![0]);

/** Everything a DTE can set in the fax part of the modem, and what it can ask. */
export class FaxSettings {
  readonly #profile: ModemProfile;
  readonly #values = new Map<string, string>();
  /** 0 is data, where `+FAA=1` still lets a fax in. */
  serviceClass: '0' | FaxClass = '0';
  /** Last fax class that was chosen: the dialect of a fax that comes in while the class is 0. */
  faxClass: FaxClass;
  /** `+FDCC`: what every session may do. */
  able: FaxVector = plainVector;
  /** `+FDIS`: what this session may do. */
  session: FaxVector = plainVector;
  /** `+FDCS`: what was agreed on last. */
  agreed: FaxVector = plainVector;
  localId = '';
  pollId = '';
  /** `+FPTS=`: the DTE's verdict on the page that waits for its answer. */
  override: Confirmation | undefined;
  /** Status of the last page sent. */
  lastStatus = 0;
  lastHangup = 0;

  constructor(profile: ModemProfile) {
    this.#profile = profile;
    this.faxClass = profile.classes.split(',').includes('2') ? '2' : '2.0';
  }

  get radix(): 10 | 16 {
    return this.serviceClass === '2.0' ? this.#profile.radix20 : 10;
  }

  /** Value of a plain setting, by any of its names. */
  value(name: string): string {
    return this.#values.get(canonical(name)) ?? plainSettings.get(name)?.initial ?? '';
  }

  /** Silence that phase C allows the DTE, ms. */
  get phaseCTimeoutMs(): number {
    if (this.serviceClass === '2.0') return Math.max(Number.parseInt(this.value('+FCT'), this.radix), 1) * 1000;
    return Math.max(Number(this.value('+FPHCTO')), 1) * 100;
  }

  /** What was set for one session goes with it. */
  endSession(code: number): void {
    this.session = this.able;
    this.override = undefined;
    this.lastHangup = code;
  }

  /** `+FIP`, `&F` and `Z`: as delivered. */
  reset(): void {
    this.#values.clear();
    this.able = this.session = plainVector;
    this.localId = this.pollId = '';
  }

  run(given: string, action: ExtendedAction, value: string): SettingAnswer {
    if (this.#profile.lacks.includes(given)) return error;
    const name = canonical(given);
    switch (name) {
      case '+FCLASS':
        return this.#class(action, value);
      case '+FDCC':
      case '+FDIS':
      case '+FDCS':
        return this.#vector(name, action, value);
      case '+FLID':
      case '+FCIG':
        return this.#id(name, action, value);
      case '+FPTS':
        return this.#verdict(action, value);
      case '+FAXERR':
        return action === 'read' ? ok(this.#hangupText()) : error;
      case '+FBUF':
        return action === 'read' ? ok('2048,1536,512,0') : error;
      case '+FMFR':
        return action === 'read' ? ok(this.#profile.manufacturer) : error;
      case '+FMDL':
        return action === 'read' ? ok(this.#profile.model) : error;
      case '+FREV':
        return action === 'read' ? ok(this.#profile.revision) : error;
      case '+FIP':
        this.reset();
        return ok();
      default:
        return this.#plain(given, action, value);
    }
  }

  #class(action: ExtendedAction, value: string): SettingAnswer {
    const classes = this.#profile.classes;
    if (action === 'test') return ok(classes);
    if (action === 'read') return ok(this.serviceClass);
    if (action === 'run' || !classes.split(',').includes(value)) return error;
    if (value !== '0' && value !== '2' && value !== '2.0') return error;
    this.serviceClass = value;
    if (value !== '0') this.faxClass = value;
    return ok();
  }

  #vector(name: '+FDCC' | '+FDIS' | '+FDCS', action: ExtendedAction, value: string): SettingAnswer {
    const current = { '+FDCC': this.able, '+FDIS': this.session, '+FDCS': this.agreed }[name];
    if (action === 'test') return ok(vectorRanges(this.#profile.most));
    if (action === 'read') return ok(formatVector(current, this.radix));
    if (action === 'run' || name === '+FDCS') return error;
    const vector = parseVector(value, current, this.radix, this.#profile.most);
    if (!vector) return error;
    this.session = vector;
    if (name === '+FDCC') this.able = vector;
    return ok();
  }

  #id(name: '+FLID' | '+FCIG', action: ExtendedAction, value: string): SettingAnswer {
    if (action === 'test') return ok(`(${idLimit})(20-7E)`);
    if (action === 'read') return ok(`"${name === '+FLID' ? this.localId : this.pollId}"`);
    const quoted = /^"([\x20-\x7e]*)"$/.exec(value);
    if (action === 'run' || !quoted || quoted[1]!.length > idLimit) return error;
    if (name === '+FLID') this.localId = quoted[1]!.trim();
    else this.pollId = quoted[1]!.trim();
    return ok();
  }

  #verdict(action: ExtendedAction, value: string): SettingAnswer {
    if (action === 'read') return ok(String(this.lastStatus));
    if (action === 'test') return ok('(1-5)');
    const verdict = verdicts.get(value);
    if (action === 'run' || !verdict) return error;
    this.override = verdict;
    return ok();
  }

  #hangupText(): string {
    return this.serviceClass === '2.0' ? hangupCode20(this.lastHangup) : String(this.lastHangup);
  }

  #plain(given: string, action: ExtendedAction, value: string): SettingAnswer {
    const known = plainSettings.get(given);
    if (!known) return this.#profile.unknown === 'OK' ? ok() : error;
    if (action === 'test') return ok(known.range);
    if (action === 'read') return ok(this.value(given));
    if (action === 'set') {
      if (!/^(?:[0-9A-Fa-f]{1,4}(?:,[0-9A-Fa-f]{0,4})*|"[\x20-\x7e]{0,100}")?$/.test(value)) return error;
      this.#values.set(canonical(given), value);
    }
    return ok();
  }
}

function canonical(name: string): string {
  return sameAs.get(name) ?? name;
}
