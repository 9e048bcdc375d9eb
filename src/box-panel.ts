import type { AdminApi } from './admin/admin-api.ts';
import type { BoxSystem, Machine } from './box-system.ts';
import type { ConfigStore } from './config/config-store.ts';
import { FrontPanel } from './lcd/front-panel.ts';
import type { Picture } from './lcd/lcdproc-session.ts';
import { type MachineFacts, type PanelSources, readPanelState } from './lcd/panel-state.ts';
import { signsOf } from './lcd/screens.ts';
import type { Clock } from './lib/clock.ts';
import type { EventBus } from './lib/events.ts';
import { type BoxSigns, Lights } from './system/lights/lights.ts';

export interface BoxPanelParts {
  readonly system: Pick<BoxSystem, 'network' | 'time' | 'health'>;
  readonly machine: Pick<Machine, 'facts' | 'version' | 'password' | 'privileged'>;
  readonly config: ConfigStore;
  readonly api: AdminApi;
  readonly events: EventBus;
  readonly clock: Clock;
  /** Tests a line for the menu: the result in words. */
  readonly testLine?: NonNullable<PanelSources['testLine']>;
}

/**
 * The front panel of this box, as its settings want it: begun, ended and moved to another LCDd when they change; and the
 * lights of its case, which say the same.
 */
export class BoxPanel {
  readonly #parts: BoxPanelParts;
  #panel: FrontPanel | undefined;
  #stopFollowing: () => void = () => {};
  #turn: Promise<void> = Promise.resolve();
  readonly #lights: Lights;

  constructor(parts: BoxPanelParts) {
    this.#parts = parts;
    const { clock, events } = parts;
    const { privileged } = parts.machine;
    const signs = async (): Promise<BoxSigns> => {
      const { isWell, isBusy, isLineAtFault } = signsOf(await readPanelState(this.#sources(), clock.now()));
      return { busy: isBusy, fault: !isWell || isLineAtFault };
    };
    this.#lights = new Lights({ privileged, clock, events, signs });
  }

  start(): void {
    this.#begin();
    this.#lights.start();
    this.#stopFollowing = this.#parts.config.onChange((_config, paths) => {
      if (paths.some((path) => path === 'system' || path === 'system.lcd' || path.startsWith('system.lcd.')))
        this.#turn = this.#turn.then(() => this.#end()).then(() => this.#begin());
    });
  }

  /** What the display shows now; nothing while there is none. */
  picture(): Picture | undefined {
    return this.#panel?.picture();
  }

  async stop(): Promise<void> {
    this.#stopFollowing();
    await this.#turn;
    await this.#lights.stop();
    await this.#end();
  }

  #begin(): void {
    const { config, events, clock } = this.#parts;
    const { lcd } = config.config.system;
    if (!lcd.enabled) return;
    this.#panel = new FrontPanel({ config: lcd, events, clock, ...this.#sources() });
    this.#panel.start();
  }

  #sources(): PanelSources {
    const { config, api, testLine } = this.#parts;
    return {
      ...(testLine && { testLine }),
      api,
      machine: () => machineFacts(this.#parts),
      name: () => config.config.name,
      zone: () => config.config.system.time.zone,
      mayAct: config.config.system.lcd.menu === 'all',
    };
  }

  async #end(): Promise<void> {
    await this.#panel?.stop();
    this.#panel = undefined;
  }
}

async function machineFacts({ system, machine, config }: BoxPanelParts): Promise<MachineFacts> {
  const { addresses, hostName } = await system.network.status();
  const { facts, version, password } = machine;
  const { last } = system.health;
  return {
    version,
    board: facts?.board ?? '',
    development: facts?.developmentKey ?? false,
    addresses: addresses.map((address) => address.split('/')[0]!).toSorted((a, b) => familyOrder(a) - familyOrder(b)),
    localName: config.config.system.network.mdns ? `${hostName}.local` : '',
    oneTimePassword: password.oneTime ?? '',
    clockTrusted: system.time.state === 'trusted',
    alarms: [
      ...(facts?.rescue ? ['Neither system is well. This is a last attempt: install an update.'] : []),
      ...(last?.state === 'unwell' ? last.reasons.map(({ probe, reason }) => `${probe}: ${reason}`) : []),
    ],
  };
}

/** IPv4 first, as people type it more easily; addresses that a card gives itself last. */
function familyOrder(address: string): number {
  if (address.startsWith('169.254.') || address.startsWith('fe80:')) return 2;
  return address.includes(':') ? 1 : 0;
}
