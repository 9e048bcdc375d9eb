import type { Board } from './board.ts';
import { genericX86 } from './generic-x86_64.ts';
import { pcenginesApu } from './pcengines-apu.ts';
import { qemuArm } from './qemu-aarch64.ts';
import { qemuX86 } from './qemu-x86_64.ts';
import { rpi4 } from './rpi4.ts';
import { rpi5 } from './rpi5.ts';

const all: readonly Board[] = [genericX86, pcenginesApu, qemuX86, qemuArm, rpi4, rpi5];

/** All boards by name. */
export const boards: Readonly<Record<string, Board>> = Object.fromEntries(all.map((board) => [board.name, board]));

/** What the running system is told of its board: `/etc/caselli/board.json`. How it was started is the image's own matter. */
export type BoardDocument = Omit<
  Board,
  'raspberryPi' | 'minimumCpu' | 'kernel' | 'startModules' | 'tested' | 'fromMemory'
>;

export function boardDocument(board: Board): BoardDocument {
  const { name, title, architecture, boot, console, kernelArguments, modules, watchdog, clock, network } = board;
  const { serial, panel, lights, buttons, firmware } = board;
  const start = { name, title, architecture, boot, console, kernelArguments, modules, watchdog, clock, network };
  return { ...start, serial, panel, lights, buttons, firmware };
}
