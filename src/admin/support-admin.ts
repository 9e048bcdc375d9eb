import { release, totalmem, uptime } from 'node:os';
import { withoutSecrets } from '../config/secrets.ts';
import type { Clock } from '../lib/clock.ts';
import type { Privileged } from '../system/privileged/operations.ts';
import { type SupportFile, supportBundle } from '../system/support/bundle.ts';
import { newestLogs } from '../system/support/log-files.ts';
import type { RecentLines } from '../system/support/recent-lines.ts';
import type { AdminApi, Output } from './admin-api.ts';

/** What somebody who helps from afar needs to see. */
export interface SupportAdmin {
  /**
   * Hands out a tar.gz: findings, settings without secrets, log, queue and lines as they are, versions, kernel log. No
   * content of mail or faxes, no passwords.
   */
  systemSupport(
    what: object,
    output: Output,
  ): Promise<{ readonly files: readonly string[]; readonly sizeBytes: number }>;
}

type Asked = Pick<
  AdminApi,
  'doctor' | 'configShow' | 'configCheck' | 'queueList' | 'faxLines' | 'faxCalls' | 'backupList'
>;

export interface SupportParts {
  /** Whole by the time something is asked. */
  readonly api: () => Asked;
  readonly name: () => string;
  readonly version: string;
  /** What the image says of itself; undefined on a machine that is no box. */
  readonly image: unknown;
  readonly recent: RecentLines;
  readonly logFolder: string;
  readonly privileged: Privileged;
  readonly clock: Clock;
}

const logBytes = 4 * 1024 * 1024;
const kernelLogBytes = 1024 * 1024;
const listed = 200;

export function supportAdmin(parts: SupportParts): SupportAdmin {
  return {
    systemSupport: async (_what, output) => {
      const at = parts.clock.now();
      const files = [...filesOf(parts), ...(await newestLogs(parts.logFolder, logBytes))];
      const folder = `caselli-support-${new Date(at).toISOString().slice(0, 19).replaceAll(':', '')}`;
      let sizeBytes = 0;
      for await (const chunk of supportBundle(folder, files, at)) {
        sizeBytes += chunk.length;
        await output(chunk);
      }
      return { files: files.map(({ name }) => name), sizeBytes };
    },
  };
}

function filesOf({ api, name, version, image, recent, privileged }: SupportParts): SupportFile[] {
  const machine = {
    kernel: release(),
    node: process.versions,
    memoryBytes: totalmem(),
    upSeconds: Math.round(uptime()),
  };
  const program = { rss: process.memoryUsage().rss, upSeconds: Math.round(process.uptime()) };
  const files: SupportFile[] = [
    { name: 'versions.json', content: async () => ({ box: name(), version, image, machine, program }) },
    { name: 'doctor.json', content: () => api().doctor() },
    { name: 'config.json', content: async () => withoutSecrets((await api().configShow()).document) },
    { name: 'config-problems.json', content: () => api().configCheck() },
    { name: 'queue.json', content: () => api().queueList({ address: '', limit: listed }) },
    { name: 'lines.json', content: () => api().faxLines() },
    { name: 'calls.json', content: () => api().faxCalls({ limit: listed, line: '', direction: '' }) },
    { name: 'backups.json', content: () => api().backupList({ to: '' }) },
    { name: 'recent-events.log', content: async () => recent.text() },
  ];
  return privileged.isBox ? [...files, { name: 'kernel.log', content: () => kernelLog(privileged) }] : files;
}

async function kernelLog(privileged: Privileged): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  await privileged.run(
    'kernel.log',
    {},
    {
      output: (chunk) => {
        chunks.push(chunk);
        size += chunk.length;
        while (size - chunks[0]!.length >= kernelLogBytes) size -= chunks.shift()!.length;
      },
    },
  );
  return Buffer.concat(chunks);
}
