import { open } from 'node:fs/promises';
import { syncFolder } from '../../lib/durable.ts';
import { withEsp } from './esp.ts';
import type { Handlers } from './handlers.ts';
import { runProgram } from './run-program.ts';

/** Its presence on the boot partition makes `rc.boot` erase the data. */
const resetMarker = 'factory-reset';

/** Starting again, switching off, starting anew; the log of the kernel. */
export const powerOperations: Handlers<'reboot' | 'power.off' | 'factory.reset' | 'kernel.log'> = {
  reboot: async () => {
    await endSystem('reboot');
    return {};
  },

  'power.off': async () => {
    await endSystem('poweroff');
    return {};
  },

  'factory.reset': async () => {
    await withEsp(async (folder) => {
      const marker = await open(`${folder}/${resetMarker}`, 'w');
      await marker.sync();
      await marker.close();
      await syncFolder(folder);
    });
    await endSystem('reboot');
    return {};
  },

  'kernel.log': async (_parameters, { output }) => {
    await output(Buffer.from(await runProgram('dmesg', ['-r'])));
    return {};
  },
};

/** Asks init, which lets every process end first. */
async function endSystem(program: 'reboot' | 'poweroff'): Promise<void> {
  await runProgram('sync', []);
  await runProgram(program, []);
}
