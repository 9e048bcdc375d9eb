import { lstat, readlink, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { sleep, systemClock } from '../../lib/clock.ts';
import type { Handlers } from './handlers.ts';
import { PrivilegedError } from './operations.ts';
import { runProgram } from './run-program.ts';

const zones = '/usr/share/zoneinfo';
const localtime = '/run/etc/localtime';

/** The clock of the machine and its time zone. */
export const clockOperations: Handlers<'clock.step' | 'clock.slew' | 'time.zone'> = {
  'clock.step': async ({ byMs }) => {
    // `date` takes whole seconds: it is started at the moment at which the right time is one.
    const right = systemClock.now() + byMs;
    const untilWhole = 1000 - (((right % 1000) + 1000) % 1000);
    await sleep(systemClock, untilWhole);
    await runProgram('date', ['-u', '-s', `@${Math.round((right + untilWhole) / 1000)}`]);
    // A machine without a battery-backed clock has nothing to keep the time in.
    await runProgram('hwclock', ['-w', '-u']).catch(() => {});
    return {};
  },

  'clock.slew': async ({ byMs }) => {
    await runProgram('adjtimex', ['-q', '-o', String(Math.round(byMs * 1000))]);
    return {};
  },

  'time.zone': async ({ zone }) => {
    const file = await realpath(`${zones}/${zone}`).catch(() => '');
    if (!file.startsWith(`${zones}/`) || !(await lstat(file)).isFile())
      throw new PrivilegedError('refused', `There is no time zone ${zone}.`);
    if ((await readlink(localtime).catch(() => '')) !== file) {
      await rm(`${localtime}.new`, { force: true });
      await symlink(file, `${localtime}.new`);
      await rename(`${localtime}.new`, localtime);
    }
    await writeFile('/run/etc/timezone', `${zone}\n`);
    return {};
  },
};
