import { openBox } from './app.ts';
import type { Terminal } from './cli/command.ts';
import { logEvents } from './lib/log.ts';

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
  const box = await openBox(place);
  const { level, format } = box.config.log;
  logEvents(box.events, { level, format, write: (line) => process.stderr.write(line) });
  process.on('uncaughtExceptionMonitor', (error) => {
    box.events.emit('box.fault', { where: 'uncaught', error: error.stack ?? String(error) });
  });
  const running = await box.serve().catch(async (error) => {
    // What is open would keep the process, and so the lock on the data, for ever.
    await box.close();
    throw error;
  });
  terminal.out(running.welcome);
  const reason = await stop.promise;
  box.events.emit('box.stopping', { reason });
  await running.stop(graceMs);
  return 0;
}
