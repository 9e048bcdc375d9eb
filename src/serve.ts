import { exitCodes } from './admin/admin-api.ts';
import { openBox } from './app.ts';
import type { Terminal } from './cli/command.ts';
import { systemClock, withTimeout } from './lib/clock.ts';
import { EventBus } from './lib/events.ts';
import { logEvents } from './lib/log.ts';
import { openRescue, rescueReason } from './rescue.ts';
import { type BoxFacts, productVersion, readBoxFacts } from './system/box.ts';
import { Buttons } from './system/buttons/buttons.ts';
import { openPrivileged } from './system/privileged/client.ts';

/** The process of a serving box: start, what a person can do now, signals, stop. */

/** Deliveries and sessions that run have so long to end when the box is told to stop. */
const graceMs = 5000;

export async function serve(options: {
  readonly data: string;
  readonly demo: boolean;
  readonly version: string;
  readonly terminal: Terminal;
}): Promise<number> {
  const { terminal, ...place } = options;
  const stop = Promise.withResolvers<string>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.resolve(signal));
  const facts = await readBoxFacts();
  const opened = await openBox({ ...place, facts }).catch(async (error) => {
    const reason = facts && (await rescueReason(place.data));
    if (reason === undefined) throw error;
    return { reason };
  });
  if ('reason' in opened) return serveRescue(opened.reason, productVersion(facts, place.version), facts, stop.promise);
  const box = opened;
  const { level, format, kept } = box.config.log;
  // Where the log is kept, standard error is for what a person at the console must see.
  logEvents(box.events, { level: kept ? 'error' : level, format, write: (line) => process.stderr.write(line) });
  process.on('uncaughtExceptionMonitor', (error) => {
    box.events.emit('box.fault', { where: 'uncaught', error: error.stack ?? String(error) });
  });
  const running = await box.serve().catch(async (error) => {
    // What is open would keep the process, and so the lock on the data, for ever.
    await box.close();
    throw error;
  });
  terminal.out(running.welcome);
  const reason = await Promise.race([stop.promise, box.broken]);
  if (reason instanceof Error) {
    box.events.emit('box.fault', { where: 'database writer', error: reason.message });
    // What waits for the database would wait for ever.
    await withTimeout(systemClock, graceMs, 'the stop', running.stop(0)).catch(() => {});
    return process.exit(exitCodes.software);
  }
  box.events.emit('box.stopping', { reason });
  await running.stop(graceMs);
  return 0;
}

async function serveRescue(
  reason: string,
  version: string,
  facts: BoxFacts | undefined,
  stop: Promise<string>,
): Promise<number> {
  const clock = systemClock;
  const privileged = openPrivileged({ isBox: facts !== undefined, clock });
  const events = new EventBus(clock);
  logEvents(events, { level: 'warn', format: 'text', write: (line) => process.stderr.write(line) });
  const buttons = new Buttons({ privileged, clock, events });
  buttons.start();
  const at = { address: '::', http: 80, https: 443 };
  const rescue = await openRescue({ reason, version, clock, facts, privileged, at });
  process.stderr.write(`caselli: the data cannot be used: ${reason}; the panel says so\n`);
  await stop;
  await buttons.stop();
  await rescue.stop();
  privileged.close();
  return 0;
}
