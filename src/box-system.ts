import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { generatePassword, hashPassword, verifyPassword } from './accounts/password.ts';
import { type MachineAdmin, machineAdmin } from './admin/machine-admin.ts';
import { boxFiles } from './box-files.ts';
import { ConfigError, type ConfigStore } from './config/config-store.ts';
import { knownPlaces } from './config/listeners.ts';
import type { Config } from './config/schema.ts';
import type { Clock } from './lib/clock.ts';
import type { BoxEvent, EventBus } from './lib/events.ts';
import { logEvents } from './lib/log.ts';
import { LogRing, lastLines } from './lib/log-ring.ts';
import { type BoxFacts, productVersion } from './system/box.ts';
import { consoles, consoleText, writeConsoles } from './system/console.ts';
import { HealthCheck, type Probe } from './system/health/health-check.ts';
import { answerProbe, dataProbe, type Place } from './system/health/probes.ts';
import { Watchdog } from './system/health/watchdog.ts';
import { type Identity, openIdentity } from './system/identity/identity.ts';
import { PanelPassword } from './system/identity/panel-password.ts';
import { LocalName } from './system/mdns.ts';
import { openPorts, privateNetworks4, privateNetworks6 } from './system/network/firewall.ts';
import { readNetworkFacts } from './system/network/network-facts.ts';
import { NetworkSettings } from './system/network/network-settings.ts';
import { within } from './system/network/prefix.ts';
import { openPrivileged, type PrivilegedHelper } from './system/privileged/client.ts';
import { SshSwitch } from './system/ssh-switch.ts';
import { askServer } from './system/time/sntp-client.ts';
import { TimeKeeper } from './system/time/time-keeper.ts';

/** What is known of the machine before anything else is open. */
export interface Machine {
  /** undefined on a machine that is no box. */
  readonly facts: BoxFacts | undefined;
  /** Of the product (`productVersion`). */
  readonly version: string;
  readonly identity: Identity;
  readonly privileged: PrivilegedHelper;
  readonly password: PanelPassword;
}

/**
 * Makes the identity at the first start.
 * @param facts undefined on a machine that is no box
 * @param program version of the program
 */
export async function openMachine(
  data: string,
  facts: BoxFacts | undefined,
  program: string,
  clock: Clock,
): Promise<Machine> {
  const files = boxFiles(data);
  const identity = await openIdentity(files.identity, randomBytes);
  const password = await PanelPassword.open(join(files.identity, 'panel.json'), {
    hash: hashPassword,
    verify: verifyPassword,
    // Three groups fit a front panel beside its heading.
    make: () => generatePassword(randomBytes).slice(0, 14),
  });
  const privileged = openPrivileged({ isBox: facts !== undefined, clock });
  return { facts, version: productVersion(facts, program), identity, password, privileged };
}

export interface BoxSystemParts {
  readonly machine: Machine;
  readonly data: string;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly config: ConfigStore;
}

type Listeners = Readonly<Record<string, Place>>;

/** Health is looked at so often on a box, and a look counts for so long. */
const healthPauseMs = 20_000;
const healthAgeMs = 45_000;
/** Who asks whether the box is ready gets an answer of the last seconds. */
const readyAgeMs = 5_000;

/**
 * The machine below the mail: address, firewall, name, time, health, watchdog, console and log. On a machine that is no
 * box everything can be asked, and nothing is changed or done by itself.
 */
export class BoxSystem {
  readonly health: HealthCheck;
  readonly network: NetworkSettings;
  readonly time: TimeKeeper;
  readonly ssh: SshSwitch;
  readonly api: MachineAdmin;
  readonly #parts: BoxSystemParts;
  readonly #watchdog: Watchdog;
  readonly #localName: LocalName;
  #listeners: () => Listeners = () => ({});
  #probes: readonly Probe[] = [];
  #running = false;
  #ring: LogRing | undefined;
  #zone = 'UTC';
  #ending = new AsyncDisposableStack();
  #openings = '';
  #firewall: Promise<void> = Promise.resolve();

  constructor(parts: BoxSystemParts) {
    const { machine, clock, events, data } = parts;
    const { privileged, identity } = machine;
    const files = boxFiles(data);
    const settings = (): Config['system'] => parts.config.config.system;
    this.#parts = parts;
    this.health = new HealthCheck({ clock, events, probes: () => this.#allProbes() });
    this.#watchdog = new Watchdog({ clock, well: () => this.isAlive() });
    this.network = new NetworkSettings({
      privileged,
      clock,
      events,
      hostName: identity.hostName,
      folder: files.identity,
      config: () => settings().network,
      setConfig: (reach) => this.#setNetwork(reach),
      facts: () => readNetworkFacts(),
    });
    this.time = new TimeKeeper({
      privileged,
      clock,
      events,
      servers: () => settings().time.servers,
      ask: (server) => askServer(server, { clock, random: randomBytes }),
      clockFile: files.clock,
    });
    this.ssh = new SshSwitch({
      privileged,
      clock,
      folder: files.identity,
      settings: () => settings().ssh,
      changed: () => this.#later('firewall', this.listenersChanged()),
    });
    this.#localName = new LocalName(
      () => ({ hostName: identity.hostName, http: this.#listeners().http?.port, https: this.#listeners().https?.port }),
      (error) => this.#fault('local name', error),
    );
    this.api = machineAdmin({
      name: () => parts.config.config.name,
      hostName: identity.hostName,
      version: machine.version,
      facts: machine.facts,
      data,
      privileged,
      password: machine.password,
      health: this.health,
      watchdogActive: () => this.#watchdog.active,
      network: this.network,
      setNetwork: async ({ mode, interface: card, address, gateway, dns }) => {
        const reach = { mode, interface: card, address: address || null, gateway: gateway || null, dns: [...dns] };
        await this.#setNetwork(reach);
      },
      time: () => ({ ...this.time.status(), now: clock.now(), zone: settings().time.zone }),
      log: async (lines) => {
        await this.#ring?.flush();
        return lastLines(files.log, lines);
      },
      ssh: this.ssh,
    });
  }

  /**
   * Begins, once the servers listen.
   * @param probes what else must work for the box to be well
   */
  async start(listeners: () => Listeners, probes: readonly Probe[]): Promise<void> {
    const { config, events, machine } = this.#parts;
    this.#listeners = listeners;
    this.#probes = probes;
    this.#running = true;
    this.#ending.defer(config.onChange((_config, paths) => this.#configChanged(paths)));
    if (!machine.privileged.isBox) return;
    this.#ending.defer(events.on((event) => this.#noticed(event)));
    this.#ending.defer(() => this.network.stop());
    this.#ending.defer(() => this.time.stop());
    this.#ending.defer(() => this.ssh.stop());
    this.#ending.defer(() => this.#localName.stop());
    this.#ending.defer(() => this.health.stop());
    this.#ending.defer(() => this.#watchdog.stop());
    // The first look comes first: on a small machine everything else would only make it later.
    void this.health.check().then(() => {
      if (!this.#running) return;
      this.health.start(healthPauseMs);
      this.#watchdog.start();
      this.time.start();
      this.#later('machine', this.#settle());
      this.#later('console', this.#showConsole());
    });
  }

  /**
   * Each of these starts the helper, a process of its own: one after the other, what others wait for first. The office's
   * mail does not wait for them.
   */
  async #settle(): Promise<void> {
    await this.listenersChanged().catch((error) => this.#fault('firewall', error));
    await this.network.start().catch((error) => this.#fault('network', error));
    await this.#applyZone().catch((error) => this.#fault('time zone', error));
    await this.ssh.start().catch((error) => this.#fault('SSH', error));
  }

  /** Names in the local network by which browsers reach the box. */
  get localNames(): readonly string[] {
    const { hostName } = this.#parts.machine.identity;
    return [hostName, `${hostName}.local`, 'caselli.local'];
  }

  /** Whether the box does its work, as far as it was looked at lately. */
  async isReady(): Promise<boolean> {
    const { last } = this.health;
    const fresh = last?.state === 'well' && this.#parts.clock.now() - last.at < readyAgeMs;
    return fresh || (await this.health.check()).state === 'well';
  }

  /** Opens the firewall for what listens now. One load at a time, so that the last one counts. */
  listenersChanged(): Promise<void> {
    const loaded = this.#firewall.then(() => this.#loadFirewall());
    this.#firewall = loaded.catch(() => {});
    return loaded;
  }

  async #loadFirewall(): Promise<void> {
    const { machine, config } = this.#parts;
    if (!machine.privileged.isBox || !this.#running) return;
    const { mdns } = config.config.system.network;
    const { acme } = config.config.system.certificate;
    // Without HTTPS the plain port would be the panel itself.
    const byAcme = acme.enabled && this.#listeners().https !== undefined;
    const openings = { ...openPorts(this.#listeners(), this.ssh.state.until !== undefined, byAcme), mdns };
    const { addresses } = await this.network.status();
    // The helper lets in the networks that the box itself is in, which only matters for those that are not local anyway.
    const known = [...privateNetworks4, ...privateNetworks6];
    const others = addresses.filter((address) => !within(address.split('/')[0]!, known));
    const words = JSON.stringify([openings, others]);
    if (words === this.#openings) return;
    await machine.privileged.run('firewall.load', openings);
    this.#openings = words;
  }

  /** Before the servers listen: the log, and on a box the firewall, which takes the helper as long as they take to start. */
  async begin(): Promise<void> {
    await this.#keepLog();
    if (!this.#parts.machine.privileged.isBox) return;
    this.#listeners = () => knownPlaces(this.#parts.config.config);
    this.#running = true;
    this.#later('firewall', this.listenersChanged());
  }

  async stop(): Promise<void> {
    this.#running = false;
    const ending = this.#ending;
    this.#ending = new AsyncDisposableStack();
    await ending.disposeAsync();
  }

  #allProbes(): readonly Probe[] {
    const at = (name: string) => () => this.#listeners()[name];
    if (!this.#running) {
      const stopped = async (): Promise<void> => {
        throw new Error('the box is not running');
      };
      return [dataProbe(this.#parts.data), { name: 'program', run: stopped }];
    }
    return [
      dataProbe(this.#parts.data),
      ...this.#probes,
      answerProbe('SMTP', at('smtp'), /^220[ -]/, { farewell: 'QUIT\r\n' }),
      answerProbe('submission', at('submission'), /^220[ -]/, { farewell: 'QUIT\r\n' }),
      answerProbe('IMAP', at('imap'), /^\* OK/, { farewell: 'a LOGOUT\r\n' }),
      answerProbe('POP3', at('pop3'), /^\+OK/, { farewell: 'QUIT\r\n' }),
      answerProbe('panel', at('http'), /^HTTP\/1\.1 \d/, {
        hello: 'GET /api/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      }),
    ];
  }

  /** What the watchdog asks, and the confirmation of an update: a full disk is no reason to start again, a part that does not answer is. */
  isAlive(): boolean {
    const { last } = this.health;
    return last !== undefined && last.state !== 'unwell' && this.#parts.clock.now() - last.at <= healthAgeMs;
  }

  async #setNetwork(reach: Partial<Config['system']['network']>): Promise<void> {
    await this.#parts.config.change((document) => ({
      ...document,
      system: { ...document.system, network: { ...document.system?.network, ...reach } },
    }));
  }

  #configChanged(paths: readonly string[]): void {
    const touched = (prefix: string): boolean => paths.some((path) => path === prefix || path.startsWith(`${prefix}.`));
    if (touched('system.network')) this.#later('network', this.network.changed());
    if (!this.#parts.machine.privileged.isBox) return;
    if (touched('system.network.mdns')) {
      const { mdns } = this.#parts.config.config.system.network;
      void (mdns ? this.#localName.start() : this.#localName.stop());
      this.#later('firewall', this.listenersChanged());
    }
    if (touched('system.certificate')) this.#later('firewall', this.listenersChanged());
    if (touched('system.time.servers')) this.time.poke();
    if (touched('system.time.zone')) this.#later('time zone', this.#applyZone());
  }

  #noticed({ name }: BoxEvent): void {
    if (name === 'network.changed') {
      this.#later('firewall', this.listenersChanged());
      this.time.poke();
      // So it begins, too: the network tells its first addresses as a change.
      if (this.#parts.config.config.system.network.mdns) void this.#localName.restart();
    }
    if (name === 'network.changed' || name === 'health.changed') this.#later('console', this.#showConsole());
  }

  async #applyZone(): Promise<void> {
    const { zone } = this.#parts.config.config.system.time;
    // The machine starts with UTC.
    if (zone === this.#zone) return;
    this.#zone = zone;
    await this.#parts.machine.privileged.run('time.zone', { zone });
    // Dates in reports and on cover pages follow at once.
    process.env.TZ = zone;
  }

  async #showConsole(): Promise<void> {
    const { machine, config } = this.#parts;
    const { addresses } = await this.network.status();
    const text = consoleText({
      name: config.config.name,
      version: machine.version,
      addresses: addresses.map((address) => address.split('/')[0]!),
      oneTimePassword: machine.password.oneTime,
      developmentKey: machine.facts?.developmentKey ?? false,
      trouble: (this.health.last?.reasons ?? []).map(({ probe, reason }) => `Not well: ${probe}: ${reason}`),
    });
    await writeConsoles(text, await consoles());
  }

  /** Writes the events of the box into the ring, when the settings say so. Ends with `stop`. */
  async #keepLog(): Promise<void> {
    const { config, events, clock, data } = this.#parts;
    const { kept, level, format } = config.config.log;
    if (!kept) return;
    const ring = await LogRing.open(boxFiles(data).log, clock);
    this.#ring = ring;
    this.#ending.defer(() => ring.close());
    this.#ending.defer(logEvents(events, { level, format, write: (line, of) => ring.write(line, of) }));
  }

  #later(where: string, work: Promise<unknown>): void {
    work.catch((error) => this.#fault(where, error));
  }

  #fault(where: string, error: unknown): void {
    const message = error instanceof ConfigError || error instanceof Error ? error.message : String(error);
    this.#parts.events.emit('box.fault', { where, error: message });
  }
}
