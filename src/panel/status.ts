import type { AdminApi, CallView, Finding, LineView, QueueView } from '../admin/admin-api.ts';
import type { Clock } from '../lib/clock.ts';

/** What the status page shows. Plain JSON. */
export interface Status {
  readonly at: string;
  readonly name: string;
  readonly version: string;
  readonly lines: readonly LineView[];
  readonly queue: readonly QueueView[];
  readonly calls: readonly CallView[];
  /** What is not well, and nothing else. */
  readonly findings: readonly Finding[];
}

/** Messages and calls shown at most. */
const shown = 50;

export async function statusOf(parts: {
  readonly admin: AdminApi;
  readonly clock: Clock;
  readonly name: () => string;
  readonly version: string;
}): Promise<Status> {
  const { admin } = parts;
  const [lines, queue, calls, findings] = await Promise.all([
    admin.faxLines(),
    admin.queueList({ address: '', limit: shown }),
    admin.faxCalls({ limit: shown, line: '', direction: '' }),
    admin.doctor(),
  ]);
  return {
    at: new Date(parts.clock.now()).toISOString(),
    name: parts.name(),
    version: parts.version,
    lines,
    queue,
    calls,
    findings: findings.filter(({ level }) => level === 'wrong'),
  };
}
