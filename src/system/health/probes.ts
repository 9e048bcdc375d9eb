import { once } from 'node:events';
import { open, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Probe, Shortage } from './health-check.ts';

/** Where a server listens. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Writes a little into the data folder and waits until it is on stable storage. */
export function dataProbe(folder: string): Probe {
  const file = join(folder, '.health-check');
  return {
    name: 'data',
    run: async () => {
      try {
        const handle = await open(file, 'w', 0o600);
        try {
          await handle.write('well\n');
          await handle.sync();
        } finally {
          await handle.close();
        }
        await unlink(file);
      } catch (error) {
        throw trouble(error as NodeJS.ErrnoException);
      }
    },
  };
}

function trouble(error: NodeJS.ErrnoException): Error {
  const options = { cause: error };
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return new Shortage('the disk is full', options);
  if (error.code === 'EROFS') return new Error('the disk can be read only', options);
  return new Error(`the disk cannot be written: ${error.message}`, options);
}

/** An answer is looked for in the first octets only. */
const mostOctets = 4096;

/**
 * Connects to a server of the box and looks at what it says first.
 * @param place undefined when it is switched off: nothing is asked of it
 * @param hello sent at once; for protocols in which the client speaks first
 */
export function answerProbe(
  name: string,
  place: () => Place | undefined,
  wanted: RegExp,
  words: { readonly hello?: string; readonly farewell?: string } = {},
): Probe {
  return {
    name,
    run: async () => {
      const at = place();
      if (!at) return;
      const socket = connect(at.port, loopback(at.address));
      try {
        await once(socket, 'connect').catch((error) => {
          throw new Error(`nobody answers on port ${at.port}`, { cause: error });
        });
        if (words.hello) socket.write(words.hello);
        let said = '';
        for await (const chunk of socket.setEncoding('latin1').iterator({ destroyOnReturn: false })) {
          said += chunk;
          if (wanted.test(said)) break;
          if (said.length > mostOctets) break;
        }
        if (!wanted.test(said)) throw new Error(`it answers ${JSON.stringify(said.slice(0, 80))}`);
        socket.end(words.farewell ?? '');
        // Left in order, so that the server writes no word of a client that broke off.
        socket.resume();
        if (words.farewell) await once(socket, 'close').catch(() => {});
      } finally {
        socket.destroy();
      }
    },
  };
}

/** An address of the same machine by which a server is reached that listens on all of them. */
function loopback(address: string): string {
  if (address === '::') return '::1';
  return address === '0.0.0.0' ? '127.0.0.1' : address;
}
