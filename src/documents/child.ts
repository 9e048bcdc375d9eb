import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { DocumentError } from './document-error.ts';

/** A program and how far it may go. */
export interface ChildProgram {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly memoryBytes: number;
  /**
   * What of its memory is bounded: its address space, or what it may write to (`data`), for programs that reserve much
   * more than they use, as Node does. `address-space` when not said.
   */
  readonly memoryKind?: 'address-space' | 'data';
  /** Largest file that it may write. */
  readonly fileBytes: number;
}

/** A converter: a program of its own with limits, since documents come from strangers. */
export interface ChildJob extends ChildProgram {
  /** Folder that the child's private temporary folder is made in. */
  readonly folder: string;
  readonly timeoutMs: number;
  /** Takes standard output as it comes; the child waits meanwhile. What it throws ends the child. */
  readonly onOutput: (chunk: Uint8Array) => Promise<void> | void;
}

export interface ChildEnd {
  /** Exit code; undefined when a signal (a limit) ended it. */
  readonly code: number | undefined;
  /** The end of what it said on standard error. */
  readonly complaint: string;
}

/** Text of standard error that is kept. */
const complaintCharacters = 4000;

/**
 * Runs a program in a process group of its own, with standard input closed, an empty environment and a private temporary
 * folder that is removed at the end.
 * @throws DocumentError when the time is up, the signal's reason when it aborts, and what `onOutput` throws; the whole
 * group is killed then.
 */
export async function runChild(job: ChildJob, clock: Clock, signal: AbortSignal): Promise<ChildEnd> {
  signal.throwIfAborted();
  const temporary = await mkdtemp(join(job.folder, 'tmp-'));
  const memory = job.memoryKind === 'data' ? 'data' : 'as';
  // Ends by itself, should nobody be left to end it.
  const cpuSeconds = Math.ceil(job.timeoutMs / 1000) * availableParallelism();
  const limits = [
    `--${memory}=${job.memoryBytes}`,
    `--fsize=${job.fileBytes}`,
    `--cpu=${cpuSeconds}`,
    '--core=0',
    '--nofile=256',
  ];
  const child = spawn('prlimit', [...limits, '--', job.command, ...job.arguments], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    cwd: temporary,
    env: { PATH: '/usr/bin:/bin', TMPDIR: temporary, TEMP: temporary, HOME: temporary, LC_ALL: 'C.UTF-8' },
  });
  let stopped: unknown;
  const stop = (reason: unknown): void => {
    stopped ??= reason;
    killGroup(child);
  };
  const timer = clock.timer(job.timeoutMs, () => {
    stop(new DocumentError(`it took longer than ${Math.round(job.timeoutMs / 1000)} seconds to convert`));
  });
  const onAbort = (): void => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [code, complaint] = await Promise.all([ended(child), lastWords(child.stderr), read(child.stdout, job, stop)]);
    if (stopped !== undefined) throw stopped;
    return { code, complaint };
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
    killGroup(child);
    await rm(temporary, { recursive: true, force: true });
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The leader's number may be another process's once it was waited for: the group is asked only while it can be ours. */
function killGroup(child: Child): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function ended(child: Child): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? undefined));
  });
}

async function lastWords(stderr: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stderr) text = (text + String(chunk)).slice(-complaintCharacters);
  return text;
}

async function read(stdout: Readable, { onOutput }: ChildJob, stop: (reason: unknown) => void): Promise<void> {
  try {
    for await (const chunk of stdout) await onOutput(chunk as Uint8Array);
  } catch (error) {
    stop(error);
  }
}
