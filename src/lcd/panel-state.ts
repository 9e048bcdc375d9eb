import type { AdminApi, CallView, Finding, LineView, QueueView } from '../admin/admin-api.ts';
import type { TodayView } from '../admin/views/mail-log-views.ts';

/** What the front panel reads of the machine; the composition tells it from where. */
export interface MachineFacts {
  readonly version: string;
  /** Name of the board; empty on a developer's machine. */
  readonly board: string;
  /** It takes updates that are signed with a developer's key. */
  readonly development: boolean;
  /** Without prefix lengths, the one that people should use first. */
  readonly addresses: readonly string[];
  /** The name in the local network: `caselli-1a2b.local`; empty for none. */
  readonly localName: string;
  /** For the first visit to the web panel; empty when it was used. */
  readonly oneTimePassword: string;
  readonly clockTrusted: boolean;
  /** What is so wrong that it comes before everything: rescue system, data that cannot be written. Sentences. */
  readonly alarms: readonly string[];
}

/** All that the screens are made of. */
export interface PanelState extends MachineFacts {
  /** Mail name of the box. */
  readonly name: string;
  /** `14:05` in the zone of the box; empty while its clock is a guess. */
  readonly time: string;
  /** What does not work and is no alarm, in sentences. */
  readonly faults: readonly string[];
  readonly queue: QueueSummary;
  readonly lines: readonly LineView[];
  /** The last calls, newest first. */
  readonly calls: readonly CallView[];
  /** Mail and faxes since midnight. */
  readonly today: TodayView;
  /** Whether the keys may do more than look. */
  readonly mayAct: boolean;
  /** Whether lines can be tested from here. */
  readonly canTest: boolean;
}

export interface QueueSummary {
  readonly messages: number;
  /** Of them, those with a fax that waits. */
  readonly faxes: number;
  /** There are more than could be counted. */
  readonly more: boolean;
  readonly held: number;
  /** Of the next attempt; `14:05`, empty for none planned or a guessed clock. */
  readonly next: string;
}

/** The part of `AdminApi` that is read, and what the keys can ask for. */
export type PanelApi = Pick<
  AdminApi,
  | 'faxLines'
  | 'faxCalls'
  | 'queueList'
  | 'today'
  | 'doctor'
  | 'faxPause'
  | 'faxResume'
  | 'systemReboot'
  | 'systemShutdown'
  | 'systemFactoryReset'
>;

export interface PanelSources {
  readonly api: PanelApi;
  readonly machine: () => Promise<MachineFacts>;
  readonly name: () => string;
  /** IANA name of the time zone. */
  readonly zone: () => string;
  /** Whether the keys may do more than look; the same as long as the panel lives. */
  readonly mayAct: boolean;
  /** Tests a line: the result in words. Without it there is no line test in the menu. */
  readonly testLine?: (line: string) => Promise<string>;
}

/** Messages counted at most: the panel says "more than" beyond. */
const countedLimit = 200;
/** Calls kept for the menu. */
const callLimit = 10;
/** Settings that nobody has made yet are no faults while the box waits for its first visit. */
const setUpFindings = new Set(['domains', 'postmaster', 'fax-in']);

/** Whether the front panel says it. Servers that do not answer are alarms already when there are alarms. */
function isTold({ id, level }: Finding, { oneTimePassword, alarms }: MachineFacts): boolean {
  if (level !== 'wrong' || (oneTimePassword !== '' && setUpFindings.has(id))) return false;
  return alarms.length === 0 || !id.startsWith('port.');
}

export async function readPanelState(sources: PanelSources, now: number): Promise<PanelState> {
  const { api } = sources;
  const [machine, lines, calls, entries, today, findings] = await Promise.all([
    sources.machine(),
    api.faxLines(),
    api.faxCalls({ limit: callLimit, line: '', direction: '' }),
    api.queueList({ address: '', limit: countedLimit + 1 }),
    api.today(),
    api.doctor(),
  ]);
  const timeOf = (ms: number): string => (machine.clockTrusted ? timeText(ms, sources.zone()) : '');
  const messages = entries.slice(0, countedLimit);
  const planned = messages
    .flatMap(({ recipients }) => recipients.map(({ nextAttempt }) => Date.parse(nextAttempt)))
    .filter((at) => at > now);
  return {
    ...machine,
    name: sources.name(),
    time: timeOf(now),
    faults: findings
      .filter((finding) => isTold(finding, machine))
      .map(({ sentence, advice }) => (advice === '' ? sentence : `${sentence} ${advice}`)),
    queue: {
      messages: messages.length,
      faxes: messages.filter(isFax).length,
      more: entries.length > countedLimit,
      held: messages.filter(({ held }) => held).length,
      next: planned.length > 0 ? timeOf(Math.min(...planned)) : '',
    },
    lines,
    calls,
    today,
    mayAct: sources.mayAct,
    canTest: sources.testLine !== undefined,
  };
}

function isFax({ recipients }: QueueView): boolean {
  return recipients.some(({ agent, state }) => agent === 'fax' && state !== 'delivered' && state !== 'failed');
}

/** `14:05`; in UTC where the zone is not known. */
export function timeText(ms: number, zone: string): string {
  const format = (timeZone: string): string =>
    new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(ms);
  try {
    return format(zone);
  } catch {
    return format('UTC');
  }
}
