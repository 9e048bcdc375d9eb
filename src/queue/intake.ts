import type { IdSource } from '../lib/ids.ts';
import { type Addressee, aliasKey, destinationOf, duplicateKey, type Resolution, type Target } from './expansion.ts';
import type { NewRecipient } from './ledger.ts';
import { isReportWanted, settle } from './outcome.ts';
import { expiryOf, type ScheduleConfig, startOf } from './schedule.ts';
import type { Outcome, QueuedMessage } from './types.ts';

/** From resolved recipients to the rows that are written down, when a message is accepted and when an alias is expanded later. */

export interface Intake {
  readonly message: QueuedMessage;
  readonly ids: IdSource;
  readonly now: number;
  readonly config: ScheduleConfig;
}

/** The rows of one recipient of the envelope. */
export function draftRecipient(addressee: Addressee, resolution: Resolution, intake: Intake): NewRecipient[] {
  const { message, now, config } = intake;
  if (resolution.kind === 'send') return [draftTarget(resolution, intake)];
  const nowhere = { ...drafted(addressee, intake), agent: 'none', destination: '' } as const;
  if (resolution.kind === 'expand') {
    const alias = finished(nowhere, resolution.outcome, aliasKey(addressee), intake);
    return [alias, ...draftTargets(resolution.targets, intake)];
  }
  const key = `refused ${addressee.address}`;
  const state = { attempts: 0, acceptedAt: startOf(message), expiresAt: nowhere.expiresAt };
  const settlement = settle(state, resolution.outcome, now, config);
  if (settlement.kind === 'final') return [finished(nowhere, settlement.outcome, key, intake)];
  return [{ ...nowhere, key, outcome: settlement.outcome, nextAt: Math.max(settlement.nextAt, nowhere.nextAt) }];
}

/** The rows of an alias's targets. */
export function draftTargets(targets: readonly Target[], intake: Intake): NewRecipient[] {
  return targets.map((target) => draftTarget(target, intake));
}

function draftTarget({ addressee, route }: Target, intake: Intake): NewRecipient {
  const { message, config } = intake;
  return {
    ...drafted(addressee, intake),
    key: duplicateKey({ addressee, route }),
    agent: route.agent,
    destination: destinationOf(route),
    expiresAt: expiryOf(startOf(message), route.agent, config),
  };
}

function drafted(
  addressee: Addressee,
  { message, ids, now, config }: Intake,
): Omit<NewRecipient, 'key' | 'agent' | 'destination'> {
  const delayed: Outcome = { kind: 'deferred', status: '4.4.7', text: '' };
  const warned = isReportWanted(message, addressee.notify, delayed);
  return {
    ...addressee,
    id: ids(),
    message: message.id,
    state: 'waiting',
    nextAt: Math.max(now, message.notBefore ?? 0),
    expiresAt: expiryOf(startOf(message), '', config),
    ...(warned ? { warnAt: startOf(message) + config.warnTime } : {}),
    reported: false,
  };
}

function finished(
  { warnAt: _, ...row }: Omit<NewRecipient, 'key'>,
  outcome: Extract<Outcome, { kind: 'delivered' | 'failed' }>,
  key: string,
  { message, now }: Intake,
): NewRecipient {
  const reported = !isReportWanted(message, row.notify, outcome);
  return { ...row, key, state: outcome.kind, outcome, finishedAt: now, reported };
}
