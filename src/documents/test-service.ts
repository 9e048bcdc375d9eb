import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('./service-process.ts', import.meta.url));

/** The converters as a box starts them: a listener that runs one process for each connection. For tests. */
export interface TestService {
  readonly socket: string;
  /** Where the service keeps its temporary files. */
  readonly temporary: string;
  /** Process of the listener, whose descendants the conversions are. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * @param as words of a command that starts the listener as somebody else
 * @param script the sources, or a bundle of them
 */
export async function startService(
  folder: string,
  as: readonly string[] = [],
  script: string = sources,
): Promise<TestService> {
  const socket = join(folder, 'documents.sock');
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  for (const path of [folder, temporary]) await chmod(path, 0o777);
  const listen = `UNIX-LISTEN:${socket},fork,max-children=4,mode=0666`;
  const [command = '', ...rest] = [...as, 'socat', '-d', '-d', listen, `EXEC:${process.execPath} ${script},nofork`];
  const listener = spawn(command, rest, {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { PATH: process.env.PATH, TMPDIR: temporary },
  });
  await listening(listener);
  const ended = once(listener, 'close');
  return {
    socket,
    temporary,
    pid: listener.pid!,
    stop: async () => {
      listener.kill();
      await ended;
    },
  };
}

function listening(listener: ChildProcess): Promise<void> {
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: listener.stderr! }).on('line', (line) => {
      said.push(line);
      if (line.includes('listening on')) resolve();
    });
    listener.on('error', reject);
    listener.on('close', () => reject(new Error(`the listener ended: ${said.join('\n')}`)));
  });
}
