import { checkNewPassword } from '../accounts/password.ts';
import type { BoxFacts } from '../system/box.ts';
import type { HealthReport } from '../system/health/health-check.ts';
import { readHealth } from '../system/health.ts';
import type { PanelPassword } from '../system/identity/panel-password.ts';
import { addressProblem } from '../system/network/address-problem.ts';
import type { NetworkStatus } from '../system/network/network-settings.ts';
import { type OperationName, type Privileged, PrivilegedError } from '../system/privileged/operations.ts';
import type { SshState } from '../system/ssh-switch.ts';
import type { TimeStatus } from '../system/time/time-keeper.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import type {
  HealthView,
  MachineView,
  NetworkChange,
  NetworkView,
  SshView,
  StorageView,
  TimeView,
} from './views/machine-views.ts';

export type {
  HealthView,
  MachineView,
  NetworkChange,
  NetworkView,
  SshView,
  StorageView,
  TimeView,
} from './views/machine-views.ts';

/** What can be asked of the machine itself. */
export interface MachineAdmin {
  systemStatus(): Promise<MachineView>;
  /** Looks at everything now. */
  systemHealth(): Promise<HealthView>;
  systemNetwork(): Promise<NetworkView>;
  /** On trial until it is confirmed; `address` is empty with DHCP. */
  systemNetworkSet(change: NetworkChange): Promise<NetworkView>;
  systemNetworkConfirm(): Promise<{ readonly confirmed: boolean }>;
  systemTime(): Promise<TimeView>;
  /** The last lines of the log that is kept. */
  systemLog(what: { lines: number }): Promise<{ readonly lines: readonly string[] }>;
  /** Sets the administrator's password; an empty one makes a new one-time password, which is returned. */
  systemPassword(what: { password: string }): Promise<{ readonly oneTimePassword: string }>;
  systemReboot(): Promise<void>;
  systemShutdown(): Promise<void>;
  /** Erases all data at the next start, which is at once. */
  systemFactoryReset(): Promise<void>;
  systemSsh(what: { on: boolean }): Promise<SshView>;
  /** USB sticks and memory cards. */
  systemStorage(): Promise<readonly StorageView[]>;
}

/** What answers; given by the composition. */
export interface MachineParts {
  readonly name: () => string;
  readonly hostName: string;
  readonly version: string;
  readonly facts: BoxFacts | undefined;
  readonly data: string;
  readonly privileged: Privileged;
  readonly password: PanelPassword;
  readonly health: { check(): Promise<HealthReport>; readonly last: HealthReport | undefined };
  readonly watchdogActive: () => boolean;
  readonly network: { status(): Promise<NetworkStatus>; confirm(): Promise<boolean> };
  readonly setNetwork: (change: NetworkChange) => Promise<void>;
  readonly time: () => TimeStatus & { readonly now: number; readonly zone: string };
  readonly log: (lines: number) => Promise<readonly string[]>;
  readonly ssh: { set(on: boolean): Promise<SshState> };
}

/** Lines of the log handed out at once. */
const logLinesLimit = 10_000;

export function machineAdmin(parts: MachineParts): MachineAdmin {
  const asked = async <Name extends OperationName>(...request: Parameters<typeof parts.privileged.run<Name>>) => {
    try {
      return await parts.privileged.run(...request);
    } catch (error) {
      throw adminError(error);
    }
  };
  const network = async (): Promise<NetworkView> => networkView(await parts.network.status());
  return {
    systemStatus: async () => machineView(parts, await network()),
    systemHealth: async () => healthView(await parts.health.check()),
    systemNetwork: network,
    systemNetworkSet: async (change) => {
      await parts.setNetwork(checkedNetwork(change));
      return network();
    },
    systemNetworkConfirm: async () => ({ confirmed: await parts.network.confirm() }),
    systemTime: async () => {
      const { now, zone, state, offsetMs = null, answeredAt, servers, problem } = parts.time();
      return { now: instant(now), zone, state, offsetMs, answeredAt: instant(answeredAt), servers, problem };
    },
    systemLog: async ({ lines }) => ({ lines: await parts.log(Math.min(Math.max(1, lines), logLinesLimit)) }),
    systemPassword: async ({ password }) => {
      if (password === '') return { oneTimePassword: await parts.password.renew() };
      try {
        checkNewPassword(password, '');
      } catch (error) {
        throw new AdminError(exitCodes.data, (error as Error).message);
      }
      await parts.password.set(password);
      return { oneTimePassword: '' };
    },
    systemReboot: async () => void (await asked('reboot', {})),
    systemShutdown: async () => void (await asked('power.off', {})),
    systemFactoryReset: async () => void (await asked('factory.reset', {})),
    systemSsh: async ({ on }) => {
      try {
        const { until } = await parts.ssh.set(on);
        return { on: until !== undefined, until: instant(until) };
      } catch (error) {
        throw adminError(error);
      }
    },
    systemStorage: async () => (await asked('storage.list', {})).partitions,
  };
}

/** Refusals of the helper, and of a machine that is no box, in the words of the command line. */
export function adminError(error: unknown): unknown {
  if (!(error instanceof PrivilegedError)) return error;
  const code = { 'no-box': exitCodes.unavailable, refused: exitCodes.data, failed: exitCodes.machine }[error.kind];
  return new AdminError(code, error.message, { cause: error });
}

function checkedNetwork(change: NetworkChange): NetworkChange {
  if (change.mode === 'dhcp') return { ...change, address: '', gateway: '', dns: [] };
  const problem = addressProblem(change);
  if (problem) throw new AdminError(exitCodes.data, problem);
  return change;
}

async function machineView(parts: MachineParts, network: NetworkView): Promise<MachineView> {
  const { facts, health } = parts;
  const machine = await readHealth(parts.data);
  return {
    name: parts.name(),
    hostName: parts.hostName,
    version: parts.version,
    box: facts !== undefined,
    board: facts?.board ?? '',
    slot: facts?.slot ?? '',
    developmentKey: facts?.developmentKey ?? false,
    rescue: facts?.rescue ?? false,
    uptimeSeconds: {
      machine: Math.round(machine.uptimeMs.machine / 1000),
      program: Math.round(machine.uptimeMs.program / 1000),
    },
    temperature: machine.temperature ?? null,
    load: machine.load,
    memory: { total: machine.memory.total, available: machine.memory.available, program: machine.memory.ours },
    disk: machine.disk,
    health: healthView(health.last ?? (await health.check())),
    clock: parts.time().state,
    network,
    watchdog: parts.watchdogActive(),
    passwordSet: parts.password.oneTime === undefined,
  };
}

function healthView({ at, state, reasons }: HealthReport): HealthView {
  return { state, at: instant(at), reasons };
}

function networkView({ trialUntil, ...status }: NetworkStatus): NetworkView {
  return { ...status, trialUntil: instant(trialUntil) };
}

function instant(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString();
}
