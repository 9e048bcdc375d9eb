import { parseFaxAddress } from '../fax/fax-address.ts';
import type { Clock } from '../lib/clock.ts';
import type { EventBus } from '../lib/events.ts';
import { asciiAddress } from '../mail/address.ts';
import { messageId, type RandomBytes } from '../mail/compose.ts';
import { receivedField } from '../mail/received.ts';
import { composeReport, type ReportedRecipient, returnedPart } from '../mail/report.ts';
import {
  type Entrance,
  lastGeneration,
  type Outcome,
  type Report,
  type Reporter,
  type ReportRecipient,
  SubmitError,
} from '../queue/types.ts';

/**
 * Delivery reports: decides who is told of what, and hands the report in by the one door, with the null reverse-path. The
 * same `reportId` is handed in once, however often it is asked for.
 */
export interface DsnOptions {
  readonly entrance: Entrance;
  /** `from` is what reports come from; answers to it must reach somebody. */
  readonly settings: () => { readonly name: string; readonly from: string; readonly postmaster: string };
  readonly clock: Clock;
  readonly events: EventBus;
  readonly random: RandomBytes;
}

/** Pictures in one report. */
const maxAttachments = 5;

export class DsnReporter implements Reporter {
  readonly #options: DsnOptions;

  constructor(options: DsnOptions) {
    this.#options = options;
  }

  /** @throws SubmitError when the queue has no room now. */
  async report(report: Report): Promise<void> {
    const { events, entrance } = this.#options;
    const { message } = report;
    const told = report.recipients.filter((one) => isWanted(one, message.reversePath === ''));
    if (told.length === 0) return;
    const to = message.reversePath || this.#options.settings().postmaster;
    const drop = (reason: string): void => events.emit('dsn.dropped', { about: message.id, reason });
    if (message.generation >= lastGeneration) return drop('The report about an undeliverable report is undeliverable.');
    if (to === '') return drop('The message has no sender, and no postmaster is set.');
    try {
      const accepted = await entrance.submit({
        id: `report-${report.reportId}`,
        source: 'dsn',
        envelope: { reversePath: '', recipients: [{ address: to }], smtputf8: asciiAddress(to) === undefined },
        content: this.#content(report, told, to),
      });
      const action = actionOf(told.find((one) => one.outcome.kind === 'failed')?.outcome ?? told[0]!.outcome);
      events.emit('dsn.sent', { message: accepted.id, about: message.id, to, action });
    } catch (error) {
      if (!(error instanceof SubmitError && error.permanent)) throw error;
      drop(`The report to ${to} was refused: ${error.message}`);
    }
  }

  async *#content(report: Report, told: readonly ReportRecipient[], to: string): AsyncGenerator<Uint8Array> {
    const { clock, random } = this.#options;
    const { name, from } = this.#options.settings();
    const { message } = report;
    const recipients = told.map(reported);
    const now = clock.now();
    const attachments = told.flatMap((one) => one.outcome.attachment ?? []).slice(0, maxAttachments);
    yield Buffer.from(receivedField({ from: name, by: name, with: 'local', id: report.reportId, at: now }));
    yield* composeReport(
      {
        from: { name: 'Mail service', address: from },
        to,
        date: now,
        messageId: messageId(report.reportId, name),
        reportingMta: name,
        arrivalDate: message.acceptedAt,
        ...(message.envelopeId === undefined ? {} : { envelopeId: message.envelopeId }),
        toSender: message.reversePath !== '',
        recipients,
        original: report.content(),
        returned: returnedPart(
          recipients.map((one) => one.action),
          message.ret,
          message.sizeBytes,
        ),
        attachments,
      },
      random,
    );
  }
}

/** RFC 3461 §4.1, §6; without a sender only failures count, and they are the postmaster's (Courier's decision table). */
function isWanted({ outcome, notify }: ReportRecipient, noSender: boolean): boolean {
  switch (outcome.kind) {
    case 'failed':
      return noSender || (notify?.failure ?? true);
    case 'deferred':
      return !noSender && (notify?.delay ?? true);
    case 'delivered':
      return !noSender && (notify?.success ?? false) && !handedOn(outcome);
  }
}

/** Delivered to another host that speaks DSN: that host reports. */
function handedOn(outcome: Outcome & { kind: 'delivered' }): boolean {
  return outcome.action === 'delivered' && (outcome.remoteMta?.startsWith('dns;') ?? false);
}

function actionOf(outcome: Outcome): ReportedRecipient['action'] {
  if (outcome.kind === 'delivered') return outcome.action;
  return outcome.kind === 'deferred' ? 'delayed' : 'failed';
}

function reported({ address, originalRecipient, outcome, expiresAt }: ReportRecipient): ReportedRecipient {
  const fax = parseFaxAddress(address);
  const action = actionOf(outcome);
  return {
    address,
    ...(fax.kind === 'fax' ? { label: `Fax to ${fax.number}` } : {}),
    ...(fax.kind === 'fax' && action === 'failed' ? { next: faxNextStep(outcome.status) } : {}),
    ...(originalRecipient === undefined ? {} : { originalRecipient }),
    action,
    status: outcome.status,
    text: outcome.text,
    ...(outcome.remoteMta === undefined ? {} : { remoteMta: outcome.remoteMta }),
    ...(outcome.diagnostic === undefined ? {} : { diagnostic: outcome.diagnostic }),
    ...(action === 'delayed' ? { willRetryUntil: expiresAt } : {}),
  };
}

function faxNextStep(status: string): string | undefined {
  // No document for a fax: the text says already what to do with it.
  if (status === '5.6.1') return '';
  if (/^\d\.6\./.test(status)) return undefined;
  // Cancelled.
  if (status === '5.0.0') return 'Ask your administrator before you send it again.';
  if (/^\d\.1\./.test(status)) return 'Check the fax number, and send the fax again.';
  return 'Check the number, ask the recipient whether the fax machine is ready, and send the fax again.';
}
