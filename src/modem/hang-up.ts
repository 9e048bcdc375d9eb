import { control } from './framing.ts';
import type { ModemLink } from './link.ts';
import type { KnownModem } from './setup.ts';

/** Where a call stands when it is broken off. */
export type CallPhase = 'command' | 'sending-page' | 'receiving-page';

/**
 * Ends whatever goes on, by ever harder means, until the modem answers in command state: end of the page data, the
 * class's abort command, ATH, DTR, and all of it blind. Not stopped by the call's signal.
 * @returns false when the modem is dead.
 */
export async function breakOff(link: ModemLink, modem: KnownModem, phase: CallPhase): Promise<boolean> {
  link.signal = undefined;
  link.transcript.remark('breaking the call off');
  const { hangUp } = link.waits;
  if (phase !== 'command') {
    await link.flush();
    if (phase === 'sending-page') await link.sendControl(control.DLE, control.ETX);
    else await link.sendControl(control.CAN);
    await link.ending(hangUp);
    link.leavePage();
  }
  const over = link.reports.hangUpCode !== undefined;
  link.startReports();
  if (!over && (await link.command(modem.dialect.abort, 'hangUp')) === 'closed') return false;
  link.startReports();
  if ((await link.command('H0', 'hangUp')) === 'ok') return true;
  await link.flush();
  await link.toggleDtr();
  if ((await link.command('H0')) === 'ok') return true;
  await link.sendControl(control.DLE, control.ETX, control.CAN);
  await link.command('H0Z');
  link.startReports();
  return (await link.command('')) === 'ok';
}
