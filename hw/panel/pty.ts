import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import type { Cfa635 } from './cfa635.ts';

/** What socat says, with `-d -d`, when the terminal and its link are there. */
const readyText = 'starting data transfer loop';

/**
 * A pseudo-terminal at `linkPath` with the panel behind it, for programs that want a serial device; anybody may open it.
 * @returns the way to pull the panel: the terminal is gone then.
 * @throws Error when Debian's socat is not installed.
 */
export async function plugIntoPty(panel: Cfa635, linkPath: string): Promise<() => Promise<void>> {
  const socat = spawn('socat', ['-d', '-d', `PTY,raw,echo=0,mode=666,link=${linkPath}`, 'STDIO']);
  const ended = new Promise<string>((resolve) => {
    socat.once('error', ({ message }) => resolve(message));
    socat.once('exit', () => resolve(told));
  });
  let told = '';
  const ready = new Promise<undefined>((resolve) => {
    socat.stderr.on('data', (text) => {
      told = `${told}${text}`.slice(-1000);
      if (told.includes(readyText)) resolve(undefined);
    });
  });
  const failure = await Promise.race([ready, ended]);
  if (failure !== undefined) throw new Error(`no pseudo-terminal at ${linkPath}: ${failure}`);
  // Without a holder the panel's side would fail whenever a program closes the terminal.
  const holder = await open(linkPath, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const cable = Duplex.from({ readable: socat.stdout, writable: socat.stdin });
  panel.plug(cable);
  return async () => {
    await holder.close();
    socat.kill();
    await ended;
    cable.destroy();
    if (!cable.closed) await once(cable, 'close');
  };
}
