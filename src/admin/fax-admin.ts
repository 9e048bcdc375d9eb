import type { ConfigStore } from '../config/config-store.ts';
import type { Config } from '../config/schema.ts';
import type { CallRecord } from '../fax-lines/call-log.ts';
import type { FaxLines } from '../fax-lines/fax-lines.ts';
import type { LineStatus } from '../fax-lines/line.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { CallDetail, CallView, LineView } from './views/fax-views.ts';

/** Fax lines and calls. */
export interface FaxAdmin {
  faxLines(): Promise<readonly LineView[]>;
  faxCalls(filter: { limit: number; line: string; direction: string }): Promise<readonly CallView[]>;
  faxShow(what: { id: string }): Promise<CallDetail>;
  /** Sending waits, on one line or on all (empty); without `answer` calls are not answered either. A call under way goes on. */
  faxPause(what: { line: string; answer: boolean }): Promise<readonly LineView[]>;
  faxResume(what: { line: string }): Promise<readonly LineView[]>;
}

/** @param change writes the settings: what rests, rests after a power cut, too */
export function faxAdmin(lines: FaxLines, config: () => Config['fax'], change: ConfigStore['change']): FaxAdmin {
  const views = (): readonly LineView[] => {
    const status = new Map(lines.status().map((one) => [one.line, one]));
    return config().lines.map((line) => lineView(line, status.get(line.id)));
  };
  const pause = async (line: string, paused: LineView['paused']): Promise<readonly LineView[]> => {
    if (line !== '' && !config().lines.some(({ id }) => id === line))
      throw new AdminError(exitCodes.noInput, `there is no fax line ${line}: see caselli fax lines`);
    const wanted = (one: { readonly id: string }): boolean => line === '' || one.id === line;
    if (config().lines.some((one) => wanted(one) && one.paused !== paused))
      await change((document) => ({
        ...document,
        fax: {
          ...document.fax,
          lines: (document.fax?.lines ?? []).map((one) => (wanted(one) ? { ...one, paused } : one)),
        },
      }));
    return views();
  };
  return {
    faxPause: ({ line, answer }) => pause(line, answer ? 'sending' : 'all'),
    faxResume: ({ line }) => pause(line, 'no'),
    faxLines: async () => views(),
    faxCalls: async ({ limit, line, direction }) => {
      const wanted = (call: CallRecord): boolean =>
        (line === '' || call.line === line) && (direction === '' || call.direction === direction);
      return recentCalls(lines, wanted, limit).map(callViewOf);
    },
    faxShow: async ({ id }) => {
      const call = lines.calls.get(id);
      if (!call) throw new AdminError(exitCodes.noInput, `there is no call ${id}: see caselli fax calls`);
      return {
        ...callViewOf(call),
        message: call.message,
        bitRate: call.parameters?.bitRate ?? 0,
        resolution: call.parameters?.resolution ?? '',
        hangupCode: call.hangupCode,
        pageFiles: lines.calls.pages(id).map(({ file }) => file),
        transcript: await lines.calls.transcript(id),
      };
    },
  };
}

/** Records looked at in one step. */
const step = 200;

function recentCalls(lines: FaxLines, wanted: (call: CallRecord) => boolean, limit: number): CallRecord[] {
  const found: CallRecord[] = [];
  for (let before: string | undefined; found.length < limit; ) {
    const records = lines.calls.list(step, before);
    found.push(...records.filter(wanted));
    if (records.length < step) break;
    before = records.at(-1)?.id;
  }
  return found.slice(0, limit);
}

function lineView(line: Config['fax']['lines'][number], status: LineStatus | undefined): LineView {
  const modem = status?.modem ? `${status.modem}${status.faxClass ? `, class ${status.faxClass}` : ''}` : '';
  return {
    id: line.id,
    number: line.number,
    port: line.port,
    state: status?.state ?? 'off',
    peer: status?.number ?? '',
    page: status?.page ?? 0,
    pages: status?.pages ?? 0,
    modem,
    send: line.send,
    receive: line.receive,
    paused: line.paused,
    fault: status?.reason ?? '',
  };
}

export function callViewOf(call: CallRecord): CallView {
  const { id, line, direction, number, station, pages, result, text } = call;
  const at = new Date(call.startedAt).toISOString();
  return {
    id,
    at,
    line,
    direction,
    number,
    station,
    pages,
    result,
    text,
    durationSeconds: Math.round(call.durationMs / 1000),
  };
}
