import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { enabledListeners, type Listener } from '../config/listeners.ts';
import type { Config } from '../config/schema.ts';
import {
  type Finding,
  judgeCertificate,
  judgeClock,
  judgeDisk,
  judgeFonts,
  judgeGhostscript,
  judgeMemory,
  judgePort,
  judgeTemperature,
  type PortState,
} from './findings.ts';
import { readHealth } from './health.ts';
import type { CertificateInfo } from './tls.ts';

export interface DoctorParts {
  /** The data folder. */
  readonly data: string;
  readonly config: Config;
  /** Ports that were really taken, by listener, where the settings leave the choice to the system. */
  readonly listening: ReadonlyMap<string, number>;
  /** ms */
  readonly now: number;
  /** Whether the box serves: then its ports must answer, else they must be free. */
  readonly running: boolean;
  readonly certificate: CertificateInfo;
  /** Files of fonts that must be there. */
  readonly fonts: readonly string[];
  /** Name or path of Ghostscript. */
  readonly ghostscript?: string;
}

const answerMs = 5000;

/** What can be known of machine, files and ports; what mail and fax know of themselves is asked elsewhere. */
export async function examineSystem(parts: DoctorParts): Promise<Finding[]> {
  const { config, now } = parts;
  const [health, version, missing, ports] = await Promise.all([
    readHealth(parts.data),
    programVersion(parts.ghostscript ?? 'gs'),
    missingFiles(parts.fonts),
    Promise.all(listenersOf(config, parts.listening).map((listener) => tryPort(listener, parts.running))),
  ]);
  return [
    judgeDisk(health.disk, config.queue.minFreeSpace),
    judgeMemory(health.memory),
    judgeTemperature(health.temperature),
    judgeClock(now),
    judgeCertificate(parts.certificate, config.name, now),
    judgeGhostscript(version),
    judgeFonts(missing),
    ...ports.map((port) => judgePort(port, parts.running)),
  ];
}

function programVersion(program: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: answerMs }, (error, stdout) =>
      resolve(error ? undefined : stdout.trim()),
    );
  });
}

async function missingFiles(paths: readonly string[]): Promise<string[]> {
  const looked = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => [],
        () => [path],
      ),
    ),
  );
  return looked.flat();
}

/** What is served, but for ports that the system will choose: they cannot be asked for. */
function listenersOf(config: Config, listening: DoctorParts['listening']): Listener[] {
  return enabledListeners(config)
    .map((listener) => ({ ...listener, port: listener.port || (listening.get(listener.name) ?? 0) }))
    .filter(({ port }) => port > 0);
}

async function tryPort(listener: Listener, running: boolean): Promise<PortState> {
  const { setting, address, port } = listener;
  try {
    await (running ? answers(listener) : isFree(listener));
    return { setting, address, port, error: undefined };
  } catch (error) {
    return { setting, address, port, error: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

async function answers({ address, port, tls }: Listener): Promise<void> {
  const anywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = anywhere[address] ?? address;
  const signal = AbortSignal.timeout(answerMs);
  // A connection that goes without TLS would stand in the log as an error; whether the certificate is good is asked elsewhere.
  const socket = tls ? connectTls({ port, host, rejectUnauthorized: false }) : connect(port, host);
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal });
    // Left in order: a handshake that the server has not seen the end of would stand in the log as an error, too.
    socket.resume().end();
    await once(socket, 'close', { signal }).catch(() => {});
  } finally {
    socket.destroy();
  }
}

async function isFree({ address, port }: Listener): Promise<void> {
  const server = createServer().listen(port, address);
  try {
    await once(server, 'listening');
  } finally {
    server.close();
  }
}
