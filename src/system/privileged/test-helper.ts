import { once } from 'node:events';
import { systemClock } from '../../lib/clock.ts';
import { answerRequests } from './answer.ts';
import { PrivilegedError } from './operations.ts';

/** The helper as tests start it: as on a box but for what is done. */

async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

const power = async () => ({
  'kernel.log': async (_parameters: object, { output }: { output: (chunk: Uint8Array) => Promise<void> }) => {
    for (let n = 0; n < 40; n++) await output(Buffer.alloc(100_000, n));
    return {};
  },
  reboot: async () => {
    process.kill(process.pid, 'SIGKILL');
    return {};
  },
  'power.off': async () => {
    throw new PrivilegedError('failed', 'There is no switch.');
  },
  'factory.reset': async () => ({}),
});

await answerRequests(
  process.stdin,
  write,
  {
    'kernel.log': power,
    reboot: power,
    'power.off': power,
    'factory.reset': power,
    'update.install': async () => ({
      'update.install': async ({ allowDowngrade }, { input }) => {
        let length = 0;
        for await (const chunk of input) {
          length += chunk.length;
          if (chunk[0] === 0xff) throw new PrivilegedError('refused', 'The signature is wrong.');
        }
        return { version: String(length), slot: allowDowngrade ? 'B' : 'A' };
      },
    }),
    'clock.step': async () => ({
      'clock.step': async () => {
        throw new TypeError('out of cheese');
      },
    }),
  },
  systemClock,
);
process.exit(0);
