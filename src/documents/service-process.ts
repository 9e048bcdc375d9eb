import { once } from 'node:events';
import { freemem, tmpdir } from 'node:os';
import { systemClock } from '../lib/clock.ts';
import { OwnConverters } from './own-converters.ts';
import { serveConversion } from './serve-conversion.ts';

/**
 * The converters of a box: started for one connection of the program, its standard input and output being that
 * connection, as a user who owns nothing, without network. Does one conversion and ends.
 */

/**
 * Of the memory that is free, a converter may use so much. One that takes all drives the programs of the box out of memory
 * before the kernel ends it: they are read from disk again and again, and the watchdog resets the machine.
 */
const memoryShare = 0.6;

async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

process.umask(0o077);
// The asker went away while it was answered: reading says so too, and ends the conversion.
process.stdout.on('error', () => {});
await serveConversion({
  input: process.stdin,
  write,
  converters: new OwnConverters(systemClock),
  folder: tmpdir(),
  mostMemoryBytes: Math.floor(freemem() * memoryShare),
});
process.exit(0);
