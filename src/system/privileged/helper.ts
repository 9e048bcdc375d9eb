import { once } from 'node:events';
import { systemClock } from '../../lib/clock.ts';
import { answerRequests } from './answer.ts';
import { handlerFiles } from './handler-files.ts';

/**
 * The privileged helper: started as root for one connection of the program, its standard input and output being that
 * connection; does operations of the closed list and ends with it. It runs no shell, and only fixed programs.
 */

async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

process.umask(0o022);
process.stdout.on('error', () => process.exit(1));
await answerRequests(process.stdin, write, handlerFiles, systemClock);
process.exit(0);
