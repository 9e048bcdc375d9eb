import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createExchange, type Exchange } from '../../hw/exchange/exchange.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { idSource } from '../../src/lib/ids.ts';
import type { Machine } from './machine.ts';
import { type OfficeBox, readyMs } from './office-box.ts';

export const boxNumber = '5550100';
export const farNumber = '5550199';
const lines = [{ id: 'line1', port: 'serial:/dev/ttyS1', number: boxNumber }];
/** Faster than a telephone network, and slow enough that a box under TCG answers before the caller hangs up. */
const speedFactor = 6;

/** A telephone network on this machine: a modem of it at the serial line of a box, and a far station. */
export class Telephone {
  readonly exchange: Exchange;
  readonly #machine: Machine;

  constructor(context: TestContext, machine: Machine) {
    this.#machine = machine;
    this.exchange = createExchange({
      clock: systemClock,
      folder: join(machine.folder, 'exchange'),
      speedFactor,
      ids: idSource(systemClock),
    });
    context.after(() => this.exchange.close());
    this.exchange.addLine(boxNumber);
    this.exchange.addStation(farNumber, { stationId: 'FAR OFFICE', name: 'FAR OFFICE' });
  }

  /** The modem is at the line: to be done each time the machine was switched on. */
  async plugIn(): Promise<void> {
    // QEMU takes a moment to put the line up.
    await this.#machine.until('there is a serial line', readyMs, async () => {
      await this.exchange.connectSocket(boxNumber, this.#machine.modemSocket);
      return true;
    });
  }

  /** The box has the line from now on, and delivers what comes in to somebody. */
  async install(box: OfficeBox, deliverTo: string): Promise<void> {
    await this.plugIn();
    await box.caselli(`config set fax.deliverTo '["${deliverTo}"]'`);
    await box.caselli(`config set fax.lines '${JSON.stringify(lines)}'`);
    await box.machine.until('the modem is found', readyMs, async () => {
      const [one] = await box.json<{ state: string }[]>('fax lines');
      return one?.state === 'idle';
    });
  }
}
