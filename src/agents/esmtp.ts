import type { Config } from '../config/schema.ts';
import type { Clock } from '../lib/clock.ts';
import { asciiAddress } from '../mail/address.ts';
import type { Notify } from '../mail/envelope.ts';
import { readHeaderBlock } from '../mail/header.ts';
import type { DeliveryAgent, DeliveryJob, JobRecipient, Outcome, RecipientResult } from '../queue/types.ts';
import { connectWords } from './connect-words.ts';
import { addressesOf, type Exchanges, findExchanges, type MxQuestion } from './mx.ts';
import { readReply, type Stage } from './smtp-reply.ts';
import {
  openSession,
  SessionError,
  type SessionSettings,
  type SmtpSession,
  type TransactionResult,
} from './smtp-session.ts';

/**
 * Mail to other hosts: by MX, or all of it to a smarthost. Tries the hosts in order until one takes a session; what that
 * one says of each recipient is the result (RFC 5321 §4.2.1: 4xx may be tried again, 5xx may not).
 */
export interface EsmtpOptions extends MxQuestion {
  /** Asked at each delivery, so that changes count at once. */
  readonly settings: () => { readonly name: string; readonly outbound: Config['outbound'] };
  readonly clock: Clock;
  /** Certificates trusted in place of the system's, PEM. */
  readonly trusted?: string;
}

/** Addresses that one attempt tries to connect to. */
const maxTries = 10;

interface Told {
  readonly host: string;
  /** How the host is called to people: `mx.far.test, the mail server of far.test`. */
  readonly called: string;
}

export class EsmtpAgent implements DeliveryAgent {
  readonly #options: EsmtpOptions;

  constructor(options: EsmtpOptions) {
    this.#options = options;
  }

  async deliver(job: DeliveryJob, signal: AbortSignal): Promise<readonly RecipientResult[]> {
    const { smarthost } = this.#options.settings().outbound;
    const domain = job.recipients[0]?.route.agent === 'esmtp' ? job.recipients[0].route.domain : '';
    const exchanges = smarthost
      ? await smarthostExchanges(smarthost.host, this.#options)
      : await findExchanges(domain, this.#options);
    if (exchanges.kind !== 'hosts') return all(job.recipients, exchanges);
    const settings = this.#sessionSettings();
    const failures: { readonly told: Told; readonly error: SessionError }[] = [];
    const tries = exchanges.hosts.flatMap((host) => host.addresses.map((address) => ({ name: host.name, address })));
    for (const { name, address } of tries.slice(0, maxTries)) {
      const told = {
        host: name,
        called: smarthost ? `The mail server ${name}` : `${name}, a mail server of ${domain},`,
      };
      try {
        const session = await this.#open(address, name, settings, signal);
        return await this.#handOver(session, told, job, signal);
      } catch (error) {
        if (!(error instanceof SessionError)) throw error;
        failures.push({ told, error });
      }
    }
    return all(job.recipients, unreachable(failures, Boolean(smarthost)));
  }

  #sessionSettings(): SessionSettings {
    const { name, outbound } = this.#options.settings();
    const { smarthost } = outbound;
    return {
      helo: outbound.helo || name,
      port: smarthost?.port ?? outbound.port,
      security: smarthost?.security ?? 'opportunistic',
      ...(smarthost?.user ? { login: { user: smarthost.user, password: smarthost.password } } : {}),
      connectTimeoutMs: outbound.connectTimeout,
      greetingTimeoutMs: outbound.greetingTimeout,
      commandTimeoutMs: outbound.commandTimeout,
      ...(this.#options.trusted === undefined ? {} : { trusted: this.#options.trusted }),
    };
  }

  /**
   * A host that offers STARTTLS and fails at it is used in clear, where the settings only ask for TLS if possible; but a
   * password is not said in clear because somebody disturbed the TLS.
   */
  async #open(address: string, name: string, settings: SessionSettings, signal: AbortSignal): Promise<SmtpSession> {
    try {
      return await openSession(address, name, settings, this.#options.clock, signal);
    } catch (error) {
      const again =
        error instanceof SessionError &&
        error.phase === 'tls' &&
        settings.security === 'opportunistic' &&
        !settings.login;
      if (!again) throw error;
      return openSession(address, name, { ...settings, security: 'none' }, this.#options.clock, signal);
    }
  }

  async #handOver(session: SmtpSession, told: Told, job: DeliveryJob, signal: AbortSignal): Promise<RecipientResult[]> {
    let alive = false;
    let begun = false;
    try {
      const { sendable, results, smtputf8 } = await wireForm(session, told, job);
      for (const group of groups(session, job, sendable)) {
        let result: TransactionResult;
        try {
          const { sizeBytes } = job.message;
          result = await session.send({ ...group, smtputf8, sizeBytes, content: job.content() }, signal);
        } catch (error) {
          alive = false;
          if (!begun) throw error;
          // What the host has taken of the group before must not be sent again.
          return results;
        }
        const outcomes = group.recipients.map(({ recipient, address }) => ({
          recipient,
          outcome: outcomeOf(result, address, told, session.has('DSN')),
        }));
        results.push(...outcomes);
        alive = result.reply !== undefined;
        begun = true;
      }
      return results;
    } finally {
      if (alive) session.quit();
      else session.close();
    }
  }
}

/** The port and security of a smarthost are in the settings; its name is a host and not a domain, so no MX. */
async function smarthostExchanges(name: string, { resolver }: MxQuestion): Promise<Exchanges> {
  const addresses = await addressesOf(name, resolver);
  if (addresses !== 'temporary' && addresses.length > 0) return { kind: 'hosts', hosts: [{ name, addresses }] };
  // The name stands in the settings, where the administrator can correct it: nothing is returned for that.
  return {
    kind: 'deferred',
    status: '4.4.4',
    text: `The mail server ${name}, which takes all outgoing mail, cannot be found.`,
  };
}

interface Wired {
  /** `JobRecipient.id`. */
  readonly recipient: string;
  /** As it crosses the wire: the domain as A-label where the whole address can be ASCII. */
  readonly address: string;
  readonly parameters: string;
  readonly notify: Notify | undefined;
}

/** What can be said to this host at all (RFC 6531 §3.2: no UTF-8 to a host that does not offer SMTPUTF8). */
async function wireForm(
  session: SmtpSession,
  told: Told,
  { message, recipients, content }: DeliveryJob,
): Promise<{ sendable: Wired[]; results: RecipientResult[]; smtputf8: boolean }> {
  const notAscii = (text: string | Uint8Array): boolean => Buffer.from(text).some((octet) => octet > 0x7f);
  const headerUtf8 = message.smtputf8 && notAscii(await readHeaderBlock(content()));
  const senderUtf8 = asciiAddress(message.reversePath) === undefined;
  const offered = session.has('SMTPUTF8');
  const sendable: Wired[] = [];
  const results: RecipientResult[] = [];
  for (const one of recipients) {
    const ascii = asciiAddress(one.address);
    if ((ascii === undefined || headerUtf8 || senderUtf8) && !offered) {
      const text = `${told.called} does not take addresses or subjects with letters other than English ones.`;
      results.push({
        recipient: one.id,
        outcome: { kind: 'failed', status: '5.6.7', text, remoteMta: `dns; ${told.host}` },
      });
    } else {
      const parameters = session.has('DSN') ? dsnParameters(one) : '';
      sendable.push({ recipient: one.id, address: ascii ?? one.address, parameters, notify: one.notify });
    }
  }
  return {
    sendable,
    results,
    smtputf8: offered && (headerUtf8 || senderUtf8 || sendable.some((one) => notAscii(one.address))),
  };
}

interface Group {
  readonly reversePath: string;
  readonly recipients: readonly Wired[];
  readonly ret?: 'full' | 'headers';
  readonly envelopeId?: string;
}

/** A host without DSN cannot be asked for silence, but with the null reverse-path it has nobody to tell (RFC 3461 §5.2.2). */
function groups(session: SmtpSession, { message }: DeliveryJob, sendable: readonly Wired[]): Group[] {
  const { ret, envelopeId } = message;
  const reversePath = asciiAddress(message.reversePath) ?? message.reversePath;
  const common = { ...(ret ? { ret } : {}), ...(envelopeId ? { envelopeId } : {}) };
  if (session.has('DSN'))
    return [{ reversePath, recipients: sendable, ...common }].filter((one) => one.recipients.length > 0);
  const silent = sendable.filter(({ notify }) => notify && !notify.success && !notify.failure && !notify.delay);
  const others = sendable.filter((one) => !silent.includes(one));
  return [
    { reversePath, recipients: others },
    { reversePath: '', recipients: silent },
  ].filter((one) => one.recipients.length > 0);
}

/** NOTIFY and ORCPT (RFC 3461 §4), ready to stand behind RCPT. */
function dsnParameters({ notify, originalRecipient }: JobRecipient): string {
  const wanted = notify && (['success', 'failure', 'delay'] as const).filter((event) => notify[event]);
  const asked = wanted ? ` NOTIFY=${wanted.length > 0 ? wanted.join(',').toUpperCase() : 'NEVER'}` : '';
  const original =
    originalRecipient && /^[\x20-\x7e]{1,400}$/.test(originalRecipient) ? ` ORCPT=${xtext(originalRecipient)}` : '';
  return asked + original;
}

function xtext(text: string): string {
  return text.replaceAll(/[^!-*,-<>-~]/g, (one) => `+${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function outcomeOf(result: TransactionResult, address: string, told: Told, hostReports: boolean): Outcome {
  const refusal = result.refused.get(address);
  if (refusal) return refused(refusal, 'rcpt', told);
  const remoteMta = `dns; ${told.host}`;
  if (result.accepted) {
    const { status, text } = readReply(result.reply ?? '', 'data');
    // With DSN the host has taken over the reports, too.
    const action = hostReports ? 'delivered' : 'relayed';
    const good = status.startsWith('2') ? status : '2.0.0';
    return {
      kind: 'delivered',
      action,
      status: good,
      text: `${told.called} has taken the message.`,
      remoteMta,
      diagnostic: `smtp; ${text}`,
    };
  }
  if (result.tooLarge) {
    return { kind: 'failed', status: '5.3.4', text: `The message is larger than ${told.host} takes.`, remoteMta };
  }
  if (result.reply !== undefined) return refused(result.reply, result.stage, told);
  // Where the connection broke after the last dot, the host may have taken the message. Nobody can know, and rather
  // twice than never (RFC 1047): it is tried again.
  return {
    kind: 'deferred',
    status: '4.4.2',
    text: `The connection to ${told.host} broke off: ${result.error?.message ?? 'no answer'}.`,
    remoteMta,
  };
}

function refused(raw: string, stage: Stage, told: Told): Outcome {
  const { code, status, text } = readReply(raw, stage);
  const what = stage === 'rcpt' ? 'this address' : 'the message';
  const common = { remoteMta: `dns; ${told.host}`, diagnostic: `smtp; ${text}` };
  if (code >= 500 && code < 600) return { kind: 'failed', status, text: `${told.called} refused ${what}.`, ...common };
  const good = status.startsWith('4') ? status : '4.0.0';
  return { kind: 'deferred', status: good, text: `${told.called} does not take ${what} at the moment.`, ...common };
}

/** Permanent only when every host that spoke refused for good, and all spoke. */
function unreachable(
  failures: readonly { readonly told: Told; readonly error: SessionError }[],
  smarthost: boolean,
): Outcome {
  const last = failures.at(-1)!;
  const { told, error } = last;
  const remoteMta = `dns; ${told.host}`;
  const diagnostic = error.reply === undefined ? {} : { diagnostic: `smtp; ${readReply(error.reply, 'connect').text}` };
  const texts: Readonly<Record<SessionError['phase'], readonly [string, string]>> = {
    connect: ['4.4.1', `No connection to ${told.host}: ${connectWords(error)}.`],
    greeting: ['4.4.2', `${told.host} did not begin to speak as a mail server should.`],
    tls: ['4.7.5', `No trustworthy encrypted connection to ${told.host}: ${error.message}.`],
    login: ['4.7.0', `${told.host} did not accept the name and password in the settings.`],
  };
  const [status, text] = texts[error.phase];
  const permanent = failures.every((one) => one.error.phase === 'greeting' && /^5\d\d/.test(one.error.reply ?? ''));
  // With a smarthost it is the settings that are wrong, and they can be corrected while the message waits.
  if (permanent && !smarthost)
    return {
      kind: 'failed',
      status: '5.3.2',
      text: `${told.called} takes no mail from here.`,
      remoteMta,
      ...diagnostic,
    };
  return { kind: 'deferred', status, text, remoteMta, ...diagnostic };
}

function all(recipients: readonly JobRecipient[], outcome: Outcome): RecipientResult[] {
  return recipients.map(({ id }) => ({ recipient: id, outcome }));
}
