import { once } from 'node:events';
import { systemClock } from '../../lib/clock.ts';
import { answerRequest } from './answer.ts';
import { handlerFiles } from './handler-files.ts';

/**
 * The privileged helper: started as root for one connection of the program, its standard input and output being that
 * connection; does one operation of the closed list and ends. It runs no shell, and only fixed programs.
 */

async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

process.umask(0o022);
process.stdout.on('error', () => process.exit(1));
await answerRequest(process.stdin, write, handlerFiles, systemClock);
process.exit(0);
