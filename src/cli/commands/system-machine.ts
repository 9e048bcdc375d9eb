import type {
  HealthView,
  MachineView,
  NetworkChange,
  NetworkView,
  StorageView,
  TimeView,
} from '../../admin/machine-admin.ts';
import type { SpaceView } from '../../admin/views/space-views.ts';
import { durationText } from '../../lib/words.ts';
import { type Call, type Command, numberOption, readStdin, textOption, UsageError } from '../command.ts';
import { localTime, printable, sizeText, table } from '../table.ts';

function spaceText({ total, free, mailboxes, queue, faxes, log, backups }: SpaceView): string {
  const rows = mailboxes.map(({ address, messages, sizeBytes, quotaBytes }) => [
    address,
    String(messages),
    sizeText(sizeBytes),
    quotaBytes === 0 ? 'any' : sizeText(quotaBytes),
  ]);
  const others = [
    ['Queue', sizeText(queue)],
    ['Faxes', sizeText(faxes)],
    ['Log', sizeText(log)],
    ['Backups', sizeText(backups)],
    ['Disk', `${sizeText(free)} of ${sizeText(total)} free`],
  ];
  return `${table(['MAILBOX', 'MESSAGES', 'SIZE', 'MAY HOLD'], rows)}\n${pairs(others)}`;
}

const nothing = { min: 0, max: 0 } as const;
const passwordLimitBytes = 4096;

function healthText({ state, reasons }: HealthView): string {
  const words = { well: 'well', short: 'something is used up', unwell: 'not well' }[state] ?? state;
  return `${words}${reasons.map(({ probe, reason }) => `\n  ${probe}: ${reason}`).join('')}`;
}

function networkText(network: NetworkView): string {
  const { addresses, gateway, gatewayAnswers, dns, trialUntil } = network;
  const rows = [
    ['Card', `${network.interface || 'none'}${network.link ? '' : ', no cable'}`],
    ['Address', `${addresses.join(', ') || 'none'} (${network.mode === 'dhcp' ? 'by DHCP' : 'fixed'})`],
    ['Router', gateway === '' ? 'none' : `${gateway}${gatewayAnswers ? '' : ', has not answered lately'}`],
    ['Name servers', dns.join(', ') || 'none'],
    ['Name here', `${network.hostName}.local`],
    ...(trialUntil === '' ? [] : [['On trial', `until ${localTime(trialUntil)}: caselli system network confirm`]]),
  ];
  return pairs(rows);
}

function statusText(view: MachineView): string {
  const { uptimeSeconds, memory, disk } = view;
  const rows = [
    ['Name', view.name],
    ['Version', `${view.version}${view.developmentKey ? ', development image' : ''}`],
    ['Machine', view.box ? `Caselli box, ${view.board}, system ${view.slot}` : 'no Caselli box'],
    ...(view.rescue
      ? [['Rescue', 'no installed system was known to be well: this one was started as a last resort']]
      : []),
    ['Up for', `${spanText(uptimeSeconds.machine)}, the program for ${spanText(uptimeSeconds.program)}`],
    ['Health', healthText(view.health)],
    ['Clock', view.clock],
    [
      'Memory',
      `${sizeText(memory.available)} of ${sizeText(memory.total)} free, the program takes ${sizeText(memory.program)}`,
    ],
    ['Disk', `${sizeText(disk.free)} of ${sizeText(disk.total)} free`],
    ...(view.temperature === null ? [] : [['Temperature', `${Math.round(view.temperature)} °C`]]),
    ...(view.box ? [['Watchdog', view.watchdog ? 'on' : 'none']] : []),
  ];
  return pairs(rows) + networkText(view.network);
}

/** `3 d 4 h`, `2 h 5 min`. */
function spanText(seconds: number): string {
  if (seconds < 3600) return durationText(seconds * 1000);
  const hours = Math.floor(seconds / 3600);
  if (hours < 24) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function timeText(time: TimeView): string {
  const offset = time.offsetMs === null ? '' : `, was ${(time.offsetMs / 1000).toFixed(3)} s off`;
  const rows = [
    ['Time', `${localTime(time.now)} (${time.zone})`],
    ['Clock', time.state === 'trusted' ? `trusted${offset}` : 'guessed: no time server has answered yet'],
    ['Servers', time.servers.join(', ') || 'none: the clock of the machine is trusted'],
    ...(time.answeredAt === '' ? [] : [['Answered', localTime(time.answeredAt)]]),
    ...(time.problem === '' ? [] : [['Problem', time.problem]]),
  ];
  return pairs(rows);
}

function storageText(partitions: readonly StorageView[]): string {
  if (partitions.length === 0) return 'No USB stick is plugged in.\n';
  const rows = partitions.map((one) => [
    one.name,
    one.label,
    one.fileSystem || 'unknown',
    sizeText(one.sizeBytes),
    one.model,
  ]);
  return printable(table(['NAME', 'LABEL', 'FORMAT', 'SIZE', 'DEVICE'], rows));
}

function pairs(rows: readonly (readonly string[])[]): string {
  return printable(rows.map(([name, value]) => `${`${name}:`.padEnd(14)}${value}\n`).join(''));
}

/** Things that cannot be taken back are done only when they are meant. @throws UsageError */
function insist(call: Call, what: string): void {
  if (call.options.yes !== true) throw new UsageError(`${what}; say --yes when you mean it`);
}

const yes = { yes: { type: 'boolean' } } as const;

export const systemMachineCommands: readonly Command[] = [
  {
    name: 'system status',
    usage: '',
    summary: 'show the machine: version, health, clock, network, disk',
    arguments: nothing,
    reports: true,
    async run(call) {
      call.report(await (await call.api()).systemStatus(), statusText);
      return 0;
    },
  },
  {
    name: 'system health',
    usage: '',
    summary: 'look whether every part does its work',
    help: 'Ends with 0 when the box is well, with 1 when it is not.\n',
    arguments: nothing,
    reports: true,
    async run(call) {
      const health = await (await call.api()).systemHealth();
      call.report(
        health,
        (view: HealthView) => `${view.state === 'well' ? 'The box is well.' : `Health: ${healthText(view)}`}\n`,
      );
      return health.state === 'well' ? 0 : 1;
    },
  },
  {
    name: 'system network show',
    usage: '',
    summary: 'show address, router and name servers',
    arguments: nothing,
    reports: true,
    async run(call) {
      call.report(await (await call.api()).systemNetwork(), networkText);
      return 0;
    },
  },
  {
    name: 'system network set',
    usage: 'dhcp | ADDRESS/LENGTH [--gateway ADDRESS] [--dns ADDRESS]… [--card NAME]',
    summary: 'take the address from the network, or a fixed one',
    help: 'On a box the change is undone after two minutes unless somebody confirms it on the new address:\ncaselli system network confirm, or a look at the panel there.\n',
    options: { gateway: { type: 'string' }, dns: { type: 'string', multiple: true }, card: { type: 'string' } },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const [address] = call.arguments as [string];
      const dns = (call.options.dns ?? []) as readonly string[];
      const change: NetworkChange = {
        mode: address === 'dhcp' ? 'dhcp' : 'fixed',
        interface: textOption(call, 'card'),
        address: address === 'dhcp' ? '' : address,
        gateway: textOption(call, 'gateway'),
        dns,
      };
      call.report(await (await call.api()).systemNetworkSet(change), networkText);
      return 0;
    },
  },
  {
    name: 'system network confirm',
    usage: '',
    summary: 'keep a changed address',
    arguments: nothing,
    async run(call) {
      const { confirmed } = await (await call.api()).systemNetworkConfirm();
      call.terminal.out(confirmed ? 'The new address is kept.\n' : 'No change of the network is on trial.\n');
      return 0;
    },
  },
  {
    name: 'system time',
    usage: '',
    summary: 'show the time, and whether it is known or guessed',
    arguments: nothing,
    reports: true,
    async run(call) {
      call.report(await (await call.api()).systemTime(), timeText);
      return 0;
    },
  },
  {
    name: 'system log',
    usage: '[--lines N]',
    summary: 'show the last lines of the log that is kept',
    help: 'A box keeps its log; elsewhere switch it on with caselli config set log.kept true.\n',
    options: { lines: { type: 'string' } },
    arguments: nothing,
    reports: true,
    async run(call) {
      const { lines } = await (await call.api()).systemLog({ lines: numberOption(call, 'lines', 100) });
      call.report(lines, () => printable(lines.map((line) => `${line}\n`).join('')));
      return 0;
    },
  },
  {
    name: 'system password',
    usage: '[--one-time]',
    summary: "set the administrator's password for the panel",
    help: 'Reads the password from standard input. --one-time makes a new one-time password and shows it.\n',
    options: { 'one-time': { type: 'boolean' } },
    arguments: nothing,
    async run(call) {
      const api = await call.api();
      if (call.options['one-time'] === true) {
        const { oneTimePassword } = await api.systemPassword({ password: '' });
        call.terminal.out(`One-time password: ${oneTimePassword}\n`);
        return 0;
      }
      if (call.terminal.isInteractive) call.terminal.error('New password: ');
      const password = (await readStdin(call.terminal, passwordLimitBytes)).replace(/\r?\n$/, '');
      if (password === '') throw new UsageError('the password is read from standard input, and there was none');
      await api.systemPassword({ password });
      call.terminal.out('The password was set; the one-time password is over.\n');
      return 0;
    },
  },
  {
    name: 'system reboot',
    usage: '--yes',
    summary: 'start the machine again',
    options: yes,
    arguments: nothing,
    async run(call) {
      insist(call, 'the machine starts again, and calls that are under way are broken off');
      await (await call.api()).systemReboot();
      call.terminal.out('The machine starts again.\n');
      return 0;
    },
  },
  {
    name: 'system shutdown',
    usage: '--yes',
    summary: 'switch the machine off',
    options: yes,
    arguments: nothing,
    async run(call) {
      insist(call, 'the machine is switched off, and somebody must press its button to start it');
      await (await call.api()).systemShutdown();
      call.terminal.out('The machine is switched off.\n');
      return 0;
    },
  },
  {
    name: 'system factory-reset',
    usage: '--yes',
    summary: 'erase all data and start anew',
    options: yes,
    arguments: nothing,
    async run(call) {
      insist(call, 'all mail, faxes, accounts and settings are erased');
      await (await call.api()).systemFactoryReset();
      call.terminal.out('The machine starts again and erases all data.\n');
      return 0;
    },
  },
  {
    name: 'system ssh',
    usage: 'on | off',
    summary: 'switch SSH on for a while, or off',
    help: 'Keys that may log in: caselli config set system.ssh.keys \'["ssh-ed25519 …"]\'.\n',
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const [word] = call.arguments;
      if (word !== 'on' && word !== 'off') throw new UsageError('system ssh takes on or off');
      const view = await (await call.api()).systemSsh({ on: word === 'on' });
      call.report(view, () => (view.on ? `SSH is on until ${localTime(view.until)}.\n` : 'SSH is off.\n'));
      return 0;
    },
  },
  {
    name: 'system space',
    usage: '',
    summary: 'show what takes room on the disk',
    arguments: nothing,
    reports: true,
    async run(call) {
      call.report(await (await call.api()).spaceUse(), spaceText);
      return 0;
    },
  },
  {
    name: 'system storage',
    usage: '',
    summary: 'list USB sticks',
    arguments: nothing,
    reports: true,
    async run(call) {
      call.report(await (await call.api()).systemStorage(), storageText);
      return 0;
    },
  },
];
