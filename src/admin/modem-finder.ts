import { realpath } from 'node:fs/promises';
import { type FaxLineConfig, readConfig } from '../config/schema.ts';
import type { OpenPort } from '../fax-lines/line.ts';
import type { Clock } from '../lib/clock.ts';
import { type SelfTest, testModem } from '../modem/self-test.ts';
import type { SerialDevice } from '../modem/serial-devices.ts';
import { settingsOf } from '../modem/setup.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type { FoundPort } from './views/line-views.ts';

export interface ModemFinderParts {
  readonly lines: () => readonly FaxLineConfig[];
  readonly openPort: OpenPort;
  readonly clock: Clock;
  readonly serialDevices: () => Promise<readonly SerialDevice[]>;
  /** Numbers with a modem on the simulated exchange. */
  readonly simulated: () => readonly string[];
}

/** Speeds at which a modem is looked for, the usual first. */
const bauds = [38_400, 115_200, 9600];
/** Ports that are asked at one time. */
const atOnce = 4;
/** A modem answers at once; a port with nothing behind it never. */
const waits = { command: 1200 };

const nothing = { line: '', identity: '', faxClass: '', maxBitRate: 0, baud: 0 } as const;

/** Finds modems at the ports of the machine and of the simulated exchange. */
export class ModemFinder {
  readonly #parts: ModemFinderParts;
  #finding: Promise<readonly FoundPort[]> | undefined;

  constructor(parts: ModemFinderParts) {
    this.#parts = parts;
  }

  /** Who asks meanwhile gets the same answer: two cannot talk to one modem. */
  find(): Promise<readonly FoundPort[]> {
    this.#finding ??= this.#find().finally(() => {
      this.#finding = undefined;
    });
    return this.#finding;
  }

  async #find(): Promise<readonly FoundPort[]> {
    const { lines, serialDevices, simulated } = this.#parts;
    const used = new Map<string, string>();
    for (const { id, port } of lines()) used.set(await placeOf(port), id);
    const places = [
      ...(await serialDevices()).map(({ device, path, product }) => ({
        port: `serial:${device}`,
        place: path,
        product,
      })),
      ...simulated().map((number) => ({ port: `exchange:${number}`, place: `exchange:${number}`, product: '' })),
    ];
    const found: FoundPort[] = [];
    const ask = async (): Promise<void> => {
      for (let next = places.shift(); next; next = places.shift()) {
        const { port, place, product } = next;
        const line = used.get(place);
        found.push(
          line === undefined
            ? { ...(await this.#look(port)), product }
            : { ...nothing, port, product, state: 'line', line, text: `The line ${line} has this port.` },
        );
      }
    };
    const order = places.map(({ port }) => port);
    await Promise.all(Array.from({ length: atOnce }, ask));
    return found.toSorted((a, b) => order.indexOf(a.port) - order.indexOf(b.port));
  }

  async #look(port: string): Promise<Omit<FoundPort, 'product'>> {
    const { openPort, clock } = this.#parts;
    const settings = settingsOf(lineAt(port));
    // Only a wire has a speed.
    for (const baud of port.startsWith('serial:') ? bauds : bauds.slice(0, 1)) {
      let test: SelfTest;
      try {
        test = await testModem(await openPort(lineAt(port, baud)), { clock, settings, dialTone: false, waits });
      } catch (error) {
        return { ...nothing, port, state: 'used', text: `The port cannot be opened: ${(error as Error).message}` };
      }
      const { works, steps, identity, faxClass, maxBitRate } = test;
      if (works) {
        const text = `${identity || 'A modem without a name'}, class ${faxClass}, ${maxBitRate} bit/s.`;
        return { ...nothing, port, state: 'modem', identity, faxClass, maxBitRate, baud, text };
      }
      const last = steps.at(-1)!;
      if (last.step !== 'answer') return { ...nothing, port, state: 'other', identity, baud, text: last.text };
    }
    return { ...nothing, port, state: 'silent', text: 'Nothing answers here.' };
  }
}

/** The port behind any of its names. */
async function placeOf(port: string): Promise<string> {
  const device = /^serial:(\/\S+)$/.exec(port)?.[1];
  return device === undefined ? port : realpath(device).catch(() => device);
}

/** A line that is not in the settings. @throws AdminError when the port is none */
export function lineAt(port: string, baud?: number): FaxLineConfig {
  const reading = readConfig({ fax: { lines: [{ id: 'test', port, ...(baud && { baud }) }] } });
  if (reading.kind === 'valid') return reading.config.fax.lines[0]!;
  throw new AdminError(exitCodes.data, `the port ${reading.problems.map(({ message }) => message).join('; ')}`);
}
