import { execFile } from 'node:child_process';
import { PrivilegedError } from './operations.ts';

/** What a program may say at most, and how long it may take. */
const outputLimitBytes = 4 * 1024 * 1024;
const timeLimitMs = 60_000;

/** The whole environment of programs that run as root. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

/**
 * Runs one fixed program as root with fixed or checked arguments: no shell, no environment from outside.
 * @returns its standard output
 * @throws PrivilegedError `failed` with the program's own words
 */
export function runProgram(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: environment, timeout: timeLimitMs, maxBuffer: outputLimitBytes, cwd: '/' };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(new PrivilegedError('failed', `${program}: ${firstLine(stderr) || error.message}`, { cause: error }));
    });
    // A program that ends before it has read everything says why by its exit code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]!.slice(0, 500);
}
