import type { Clock } from '../lib/clock.ts';
import { connectWords } from './connect-words.ts';
import { addressesOf, findExchanges, type MxQuestion } from './mx.ts';
import { readReply } from './smtp-reply.ts';
import { openSession, SessionError, type SessionSettings, type SmtpSession } from './smtp-session.ts';

/**
 * Tries how mail would leave, as far as that goes without sending any: name, connection, greeting, encryption, login, and
 * whether mail from the box to somebody elsewhere would be taken (MAIL, RCPT, RSET).
 */
export type Way =
  | {
      readonly kind: 'smarthost';
      readonly host: string;
      readonly port: number;
      readonly security: SessionSettings['security'];
      /** Empty for no login. */
      readonly user: string;
      readonly password: string;
    }
  /** By the mail servers of the recipient's domain. */
  | { readonly kind: 'direct'; readonly port: number };

export interface TrialStep {
  readonly step: 'name' | 'connect' | 'greeting' | 'tls' | 'login' | 'sender' | 'recipient';
  /** `note`: it works, and still should be known. */
  readonly state: 'done' | 'note' | 'failed';
  /** A sentence. */
  readonly text: string;
}

export interface MailOutTrial {
  readonly works: boolean;
  readonly steps: readonly TrialStep[];
  /** What to do about it, a sentence; empty where nothing is to be done. */
  readonly advice: string;
}

export interface TrialParts extends MxQuestion {
  readonly clock: Clock;
  readonly helo: string;
  /** Who the mail would be from. */
  readonly from: string;
  /** Certificates trusted in place of the system's, PEM. */
  readonly trusted?: string;
}

/** A person waits for the answer. */
const connectTimeoutMs = 8_000;
const commandTimeoutMs = 12_000;
const wholeTimeoutMs = 45_000;
/** Addresses that are tried. */
const maxTries = 4;

/** @param to somebody outside; empty for no question about that, which `direct` cannot do without */
export async function tryMailOut(way: Way, to: string, parts: TrialParts): Promise<MailOutTrial> {
  const trial = new Trial(parts);
  const ending = new AbortController();
  const timer = parts.clock.timer(wholeTimeoutMs, () => ending.abort(new Error('the test took too long')));
  try {
    await trial.run(way, to, ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    trial.fail('greeting', 'The other side answers too slowly: the test was ended.', 'Try again later.');
  } finally {
    timer.cancel();
  }
  return trial.result;
}

interface Target {
  readonly name: string;
  readonly address: string;
}

class Trial {
  readonly #parts: TrialParts;
  readonly #steps: TrialStep[] = [];
  #advice = '';

  constructor(parts: TrialParts) {
    this.#parts = parts;
  }

  get result(): MailOutTrial {
    const works = this.#steps.every(({ state }) => state !== 'failed');
    return { works, steps: this.#steps, advice: this.#advice };
  }

  fail(step: TrialStep['step'], text: string, advice: string): void {
    this.#steps.push({ step, state: 'failed', text });
    this.#advice = advice;
  }

  async run(way: Way, to: string, signal: AbortSignal): Promise<void> {
    const targets = way.kind === 'smarthost' ? await this.#smarthost(way.host) : await this.#exchanges(to);
    if (!targets) return;
    const settings = this.#settings(way);
    const reached = await this.#reach(targets.slice(0, maxTries), settings, signal);
    if ('error' in reached) {
      this.#tellFailure(way, reached);
      return;
    }
    const { session, target } = reached;
    const { name } = target;
    try {
      this.#say('connect', 'done', `${name} answers on port ${way.port}.`);
      this.#tellEncryption(session, settings, name);
      if (settings.login) this.#say('login', 'done', `${name} accepts the login.`);
      if (to !== '') await this.#probe(session, name, to, way, signal);
    } finally {
      session.quit();
    }
  }

  async #smarthost(host: string): Promise<readonly Target[] | undefined> {
    const found = await addressesOf(host, this.#parts.resolver);
    if (found === 'temporary')
      this.fail('name', `The name service gave no answer for ${host}.`, 'Check the network and its name servers.');
    else if (found.length === 0)
      this.fail(
        'name',
        `There is no host ${host}.`,
        'Compare the name with what your provider tells, letter by letter.',
      );
    else {
      this.#say('name', 'done', `${host} is found at ${found.join(', ')}.`);
      return found.map((address) => ({ name: host, address }));
    }
    return undefined;
  }

  async #exchanges(to: string): Promise<readonly Target[] | undefined> {
    const domain = to.slice(to.lastIndexOf('@') + 1);
    const found = await findExchanges(domain, this.#parts);
    if (found.kind !== 'hosts') {
      const own = found.status === '5.4.6';
      const advice = own
        ? 'Take an address of another office for the test.'
        : 'Check the address, or take another one.';
      this.fail('name', found.text, found.kind === 'deferred' ? 'Check the network and its name servers.' : advice);
      return undefined;
    }
    this.#say('name', 'done', `Mail for ${domain} goes to ${found.hosts.map(({ name }) => name).join(', ')}.`);
    // One address of each host first: a single host without IPv6 must not use up all tries.
    const byTurn = found.hosts.flatMap(({ name, addresses }) =>
      addresses.map((address, turn) => ({ name, address, turn })),
    );
    return byTurn.toSorted((a, b) => a.turn - b.turn);
  }

  #settings(way: Way): SessionSettings {
    const { helo, trusted } = this.#parts;
    const isSmarthost = way.kind === 'smarthost';
    return {
      helo,
      port: way.port,
      security: isSmarthost ? way.security : 'opportunistic',
      ...(isSmarthost && way.user !== '' && { login: { user: way.user, password: way.password } }),
      connectTimeoutMs,
      greetingTimeoutMs: commandTimeoutMs,
      commandTimeoutMs,
      ...(trusted !== undefined && { trusted }),
    };
  }

  /** The first session that comes about, else the error that came furthest. */
  async #reach(
    targets: readonly Target[],
    settings: SessionSettings,
    signal: AbortSignal,
  ): Promise<
    | { readonly session: SmtpSession; readonly target: Target }
    | { readonly error: SessionError; readonly target: Target }
  > {
    const failures: { readonly error: SessionError; readonly target: Target }[] = [];
    for (const target of targets) {
      try {
        const session = await openSession(target.address, target.name, settings, this.#parts.clock, signal);
        return { session, target };
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
        // As delivery does: TLS that fails is done without where nothing asks for it and no password is said.
        const again = error.phase === 'tls' && settings.security === 'opportunistic' && !settings.login;
        if (again) return this.#reach([target], { ...settings, security: 'none' }, signal);
        failures.push({ error, target });
        // Another address would refuse the same password, and lock the account the sooner.
        if (error.phase === 'login') break;
      }
    }
    return failures.toSorted((a, b) => phases.indexOf(b.error.phase) - phases.indexOf(a.error.phase))[0]!;
  }

  #tellEncryption(session: SmtpSession, { security, login }: SessionSettings, name: string): void {
    const checked = security === 'starttls' || security === 'tls';
    if (session.isEncrypted) {
      const valid = checked ? `, and its certificate is valid for ${name}` : '';
      this.#say('tls', 'done', `The connection is encrypted${valid}.`);
      return;
    }
    const words = login ? ', and the password was said in clear' : '';
    this.#say('tls', 'note', `The connection is not encrypted${words}.`);
  }

  #tellFailure(way: Way, { error, target: { name } }: { readonly error: SessionError; readonly target: Target }): void {
    const said = error.reply === undefined ? '' : ` It said: ${readReply(error.reply, 'connect').text}`;
    const { phase } = error;
    if (phase === 'connect') {
      const text = `There is no connection to ${name}, port ${way.port}: ${connectWords(error)}.`;
      this.fail(
        'connect',
        text,
        way.kind === 'direct' ? closedAdvice : 'Check name and port; a firewall may be in between.',
      );
      return;
    }
    this.#say('connect', 'done', `${name} answers on port ${way.port}.`);
    if (phase === 'greeting') {
      const advice = /^5/.test(error.reply ?? '')
        ? refusedAdvice
        : 'Check port and security: on port 465 it is “tls”, on 587 “starttls”.';
      this.fail('greeting', `${name} does not begin to speak as a mail server should.${said}`, advice);
    } else if (phase === 'tls') {
      const [text, advice] = certificateWords(error, name);
      this.fail('tls', `${text}${said}`, advice);
    } else {
      this.fail('login', `${name} refuses the login.${said}`, loginAdvice(error.reply));
    }
  }

  async #probe(session: SmtpSession, name: string, to: string, way: Way, signal: AbortSignal): Promise<void> {
    const { from } = this.#parts;
    const { stage, reply } = await session.probe(from, to, signal);
    const { code, text } = readReply(reply, stage);
    if (stage === 'mail') {
      const own = 'Ask the provider which senders it allows; many allow the address of the login only.';
      this.fail(
        'sender',
        `${name} takes no mail from ${from}. It said: ${text}`,
        way.kind === 'direct' ? refusedAdvice : own,
      );
      return;
    }
    this.#say('sender', 'done', `${name} takes mail from ${from}.`);
    if (code >= 200 && code < 300) this.#say('recipient', 'done', `${name} would take mail to ${to}. None was sent.`);
    else if (code >= 400 && code < 500)
      this.#say(
        'recipient',
        'note',
        `${name} puts off mail to ${to}; that is usual at a first contact. It said: ${text}`,
      );
    else this.#tellRefused(name, to, text, way);
  }

  #tellRefused(name: string, to: string, text: string, way: Way): void {
    if (way.kind === 'direct') this.fail('recipient', `${name} refuses mail to ${to}. It said: ${text}`, refusedAdvice);
    else {
      const advice =
        way.user === ''
          ? 'Give name and password, or ask the provider to allow mail from this network.'
          : 'Check the address; if it is right, ask the provider to let this login send to the outside.';
      this.fail('recipient', `${name} does not pass on mail to ${to}. It said: ${text}`, advice);
    }
  }

  #say(step: TrialStep['step'], state: TrialStep['state'], text: string): void {
    this.#steps.push({ step, state, text });
  }
}

const phases: readonly SessionError['phase'][] = ['connect', 'greeting', 'tls', 'login'];

const closedAdvice =
  'Most internet connections have port 25 closed: ask your provider to open it, or send through its mail server (a smarthost).';
const refusedAdvice =
  'Many servers refuse mail from addresses without a name in the DNS, or of private internet connections: then send through a smarthost.';

/** What is wrong with the encryption, and what to do. */
function certificateWords({ cause, message }: SessionError, name: string): readonly [string, string] {
  const { originalCode = '', response } = cause as { originalCode?: string; response?: string };
  const known = certificateTroubles.find(([pattern]) => pattern.test(`${originalCode} ${message}`));
  if (known) return [known[1].replaceAll('NAME', name), known[2]];
  if (response !== undefined)
    return [`${name} does not offer encryption on this port.`, 'Check port and security: on port 465 it is “tls”.'];
  return [`No encrypted connection to ${name} came about: ${message}.`, 'Check port and security.'];
}

const certificateTroubles: readonly (readonly [RegExp, string, string])[] = [
  [
    /ALTNAME_INVALID/,
    'The certificate of NAME is for another name.',
    'Take the very name that the provider tells; an address or an alias will not do.',
  ],
  [/CERT_HAS_EXPIRED/, 'The certificate of NAME has expired.', 'Check the date of the box, then tell the provider.'],
  [/CERT_NOT_YET_VALID/, 'The certificate of NAME is not valid yet.', 'Check the date of the box.'],
  [
    /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|CERT_UNTRUSTED/,
    'The certificate of NAME is of nobody that the box trusts.',
    'If that is a server of your own office, “opportunistic” takes any certificate; at a provider it should not happen.',
  ],
  [
    /WRONG_VERSION_NUMBER|wrong version number|packet length/i,
    'NAME begins without encryption on this port.',
    'Choose “starttls”, or port 465.',
  ],
];

function loginAdvice(reply = ''): string {
  const { code } = readReply(reply || '000', 'connect');
  if (code === 535 || code === 534)
    return 'Check name and password. Many providers want a password of its own for programs (an app password).';
  if (code === 530 || code === 538) return 'The server wants encryption before the login: choose “starttls” or “tls”.';
  if (code >= 400 && code < 500) return 'Try again in some minutes: the server takes no login at the moment.';
  return 'The server may know no login on this port: check the port, or leave the name empty.';
}
