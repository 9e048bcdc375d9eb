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
}

export function faxAdmin(lines: FaxLines, config: () => Config['fax']): FaxAdmin {
  return {
    faxLines: async () => {
      const status = new Map(lines.status().map((one) => [one.line, one]));
      return config().lines.map((line) => lineView(line, status.get(line.id)));
    },
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
