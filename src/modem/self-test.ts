import type { Clock } from '../lib/clock.ts';
import { ModemLink } from './link.ts';
import type { ModemPort } from './port.ts';
import { identify, insist, type KnownModem, type LineSettings, prepare, prepareToListen } from './setup.ts';
import { Transcript } from './transcript.ts';
import { bitRateOf } from './vector.ts';
import { defaultWaits, type Waits } from './waits.ts';

/** What a modem is, and whether it can do what faxing needs. */
export interface SelfTest {
  readonly works: boolean;
  readonly steps: readonly SelfTestStep[];
  /** What the modem calls itself; empty where it does not answer. */
  readonly identity: string;
  /** `2` or `2.0`, as it would be driven; empty where it is no fax modem. */
  readonly faxClass: string;
  /** bit/s; 0 where that is not known. */
  readonly maxBitRate: number;
  /** What was said, as text. */
  readonly transcript: string;
}

export interface SelfTestStep {
  readonly step: 'answer' | 'class' | 'settings' | 'speed' | 'receive' | 'dial-tone';
  readonly state: 'done' | 'note' | 'failed';
  /** A sentence. */
  readonly text: string;
}

export interface SelfTestOptions {
  readonly clock: Clock;
  readonly settings: LineSettings;
  /** Whether the modem goes off the hook and listens for the dial tone; nothing is dialled. */
  readonly dialTone: boolean;
  readonly waits?: Partial<Waits>;
  /** Ends the test at once. */
  readonly signal?: AbortSignal;
}

/** Runs the dialogue that a line begins with, and says what came of it. Closes the port. Nothing here throws because of a modem. */
export async function testModem(port: ModemPort, options: SelfTestOptions): Promise<SelfTest> {
  const { clock, settings, waits, signal } = options;
  const transcript = new Transcript(clock);
  const link = new ModemLink({ port, clock, waits: { ...defaultWaits, ...waits }, transcript });
  link.signal = signal;
  const steps: SelfTestStep[] = [];
  let modem: KnownModem | undefined;
  try {
    const found = await identify(link, settings);
    if (found.kind === 'fault') {
      const step = /class|FCLASS/.test(found.reason) ? 'class' : 'answer';
      if (step === 'class') steps.push({ step: 'answer', state: 'done', text: 'The modem answers.' });
      steps.push({ step, state: 'failed', text: found.reason });
    } else {
      ({ modem } = found);
      await examine(link, modem, options, steps);
      // As it was found.
      await link.command('Z');
    }
  } finally {
    await link.close();
  }
  return {
    works: steps.every(({ state }) => state !== 'failed'),
    steps,
    identity: modem?.identity ?? '',
    faxClass: modem?.dialect.faxClass ?? '',
    maxBitRate: modem ? bitRateOf(modem.own) : 0,
    transcript: transcript.take(),
  };
}

async function examine(
  link: ModemLink,
  modem: KnownModem,
  { settings, dialTone }: SelfTestOptions,
  steps: SelfTestStep[],
): Promise<void> {
  const say = (step: SelfTestStep['step'], state: SelfTestStep['state'], text: string): number =>
    steps.push({ step, state, text });
  const { dialect, identity, classes, own } = modem;
  say('answer', 'done', `The modem answers: ${identity || 'it says no name'}.`);
  say('class', 'done', `It offers the classes ${classes}; it is driven in class ${dialect.faxClass}.`);
  const refused = await prepare(link, modem, settings);
  if (refused) {
    say('settings', 'failed', refused.reason);
    return;
  }
  say('settings', 'done', 'It takes identification, speed and resolution.');
  const fine = own.vr & 1 ? 'fine and normal' : 'normal resolution only';
  say('speed', bitRateOf(own) < 9600 ? 'note' : 'done', `It sends with up to ${bitRateOf(own)} bit/s, ${fine}.`);
  const deaf = await prepareToListen(link, modem, settings);
  if (deaf) say('receive', 'failed', deaf.reason);
  else say('receive', 'done', 'It is ready to receive.');
  if (dialTone) await listenForTone(link, say);
}

/** `W` waits for the tone, `;` takes commands again: nothing is dialled (V.250 §6.3.1). */
async function listenForTone(
  link: ModemLink,
  say: (step: 'dial-tone', state: SelfTestStep['state'], text: string) => void,
): Promise<void> {
  if (link.reports.rang) {
    say('dial-tone', 'note', 'Somebody calls at this moment, so the line lives; the dial tone was not listened for.');
    return;
  }
  for (const body of ['+FCLASS=0', 'X4', 'S7=15']) await link.command(body);
  const ending = await link.command('DTW;', 'dialTone');
  // Back on the hook, whatever it was.
  await insist(link, 'H0');
  if (ending === 'ok') say('dial-tone', 'done', 'There is a dial tone.');
  else if (ending === 'no-dial-tone' || ending === 'no-carrier')
    say('dial-tone', 'failed', 'There is no dial tone: the telephone cable may be unplugged, or in the wrong socket.');
  else if (ending === 'busy') say('dial-tone', 'note', 'The line is in use, by another telephone perhaps.');
  else say('dial-tone', 'note', 'The modem cannot tell whether there is a dial tone.');
}
