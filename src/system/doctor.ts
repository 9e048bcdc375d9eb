import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
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

type Listener = Omit<PortState, 'error'>;

/** Every port that the configuration enables; one that the system will choose cannot be asked for. */
function listenersOf({ smtp, imap, pop3, panel }: Config, listening: DoctorParts['listening']): Listener[] {
  const all = {
    'smtp.smtp': smtp.smtp,
    'smtp.submission': smtp.submission,
    'smtp.submissions': smtp.submissions,
    'imap.imap': imap.imap,
    'imap.imaps': imap.imaps,
    'pop3.pop3': pop3.pop3,
    'pop3.pop3s': pop3.pop3s,
    'panel.http': panel.http,
  };
  return Object.entries(all).flatMap(([setting, { enabled, address, port: configured }]) => {
    const port = configured || (listening.get(setting.split('.')[1]!) ?? 0);
    return enabled && port > 0 ? [{ setting, address, port }] : [];
  });
}

async function tryPort(listener: Listener, running: boolean): Promise<PortState> {
  try {
    await (running ? answers(listener) : isFree(listener));
    return { ...listener, error: undefined };
  } catch (error) {
    return { ...listener, error: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

/** Ports that speak TLS from the first octet: a connection that goes without it would stand in the log as an error. */
const tlsFromStart = /s$/;

async function answers({ setting, address, port }: Listener): Promise<void> {
  const anywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const host = anywhere[address] ?? address;
  const signal = AbortSignal.timeout(answerMs);
  // Whether the certificate is good is asked elsewhere.
  const tls = tlsFromStart.test(setting);
  const socket = tls ? connectTls({ port, host, rejectUnauthorized: false }) : connect(port, host);
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal });
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
