import { z } from 'zod';
import type { AdminApi } from '../../admin/admin-api.ts';
import * as account from '../../admin/views/account-views.ts';
import * as backup from '../../admin/views/backup-views.ts';
import * as config from '../../admin/views/config-views.ts';
import * as fax from '../../admin/views/fax-views.ts';
import * as machine from '../../admin/views/machine-views.ts';
import * as queue from '../../admin/views/queue-views.ts';
import * as update from '../../admin/views/update-views.ts';
import { list, view } from '../../admin/views/view.ts';
import { done, nothing, type Operation, type OperationOf, type Role } from './operation.ts';

/** Methods that need no place in the panel, each with the reason. */
export const notInPanel = {
  sendmail: 'mail programs submit over SMTP',
  sendmailFromHeader: 'mail programs submit over SMTP',
} as const satisfies Partial<Record<keyof AdminApi, string>>;

type Operations = {
  readonly [Name in Exclude<keyof AdminApi, keyof typeof notInPanel>]: OperationOf<AdminApi[Name]>;
};

const text = z.string();
const short = z.string().max(1000);
const address = z.string().max(320);
const id = z.strictObject({ id: short });
const from = { passphrase: short, from: backup.destinationKind.or(z.literal('')), name: short };

/** By the names of the methods of `AdminApi`: whatever a box can be asked is here, or the compiler says so. */
export const operations: Operations = {
  userList: ask('operator', 'Everybody who has a mailbox', ['user list'], nothing, list(account.userView)),
  userAdd: change(
    'administrator',
    'Adds a person with a mailbox',
    ['user add'],
    z.strictObject({ address, fullName: short, password: short, fax: z.boolean() }),
    account.userView,
  ),
  userPassword: change(
    'administrator',
    'Sets the password of a person',
    ['user passwd'],
    z.strictObject({ address, password: short }),
    done,
  ),
  userRemove: change(
    'administrator',
    'Removes a person; the mail goes too unless it is kept',
    ['user remove'],
    z.strictObject({ address, keepMail: z.boolean() }),
    done,
  ),
  aliasList: ask('operator', 'Aliases and where they lead', ['alias list'], nothing, list(account.aliasView)),
  aliasSet: change(
    'administrator',
    'Makes an alias, or changes where it leads',
    ['alias set'],
    z.strictObject({ name: address, targets: list(address) }),
    done,
  ),
  aliasRemove: change('administrator', 'Removes an alias', ['alias remove'], z.strictObject({ name: address }), done),
  domainList: ask('operator', 'Domains whose mail is taken', ['domain list'], nothing, list(account.domainView)),
  domainAdd: change(
    'administrator',
    'Takes mail for a domain',
    ['domain add'],
    z.strictObject({ domain: address }),
    done,
  ),
  domainRemove: change(
    'administrator',
    'Takes no more mail for a domain',
    ['domain remove'],
    z.strictObject({ domain: address, force: z.boolean() }),
    done,
  ),

  configGet: ask(
    'administrator',
    'A setting in force, or all',
    ['config get'],
    z.strictObject({ path: short }),
    z.unknown(),
  ),
  configSet: change(
    'administrator',
    'Changes one setting',
    ['config set'],
    z.strictObject({ path: short, value: z.unknown(), reset: z.boolean() }),
    config.configVersion,
  ),
  configShow: ask(
    'administrator',
    'The document as written, and all settings',
    ['config show'],
    nothing,
    config.configShown,
  ),
  configCheck: ask(
    'administrator',
    'What is wrong with the file',
    ['config check'],
    nothing,
    list(config.configProblem),
  ),
  configForm: ask('administrator', 'Every setting: what it is and what it may be', [], nothing, config.configForm),
  configPlan: change(
    'administrator',
    'What changes of settings would do, before they are made',
    [],
    z.strictObject({ changes: list(config.configChange) }),
    config.configPlan,
  ),
  configApply: change(
    'administrator',
    'Makes several changes of settings together',
    [],
    z.strictObject({ changes: list(config.configChange), version: z.int() }),
    config.configVersion,
  ),
  configHistory: ask('administrator', 'Former settings', ['config history'], nothing, list(config.configFormer)),
  configUndo: change(
    'administrator',
    'Goes back to former settings',
    ['config undo'],
    z.strictObject({ version: z.int() }),
    config.configVersion,
  ),

  queueList: ask(
    'operator',
    'Messages that wait',
    ['queue list', 'mailq'],
    z.strictObject({ address: short, limit: z.int().min(1).max(1000) }),
    list(queue.queueView),
  ),
  queueShow: ask('operator', 'One message that waits', ['queue show'], id, queue.queueDetail),
  queueRetry: change(
    'operator',
    'Tries a message now; all without an id',
    ['queue retry'],
    id,
    view({ recipients: z.int() }),
  ),
  queueHold: change('operator', 'Holds a message back', ['queue hold'], id, done),
  queueRelease: change('operator', 'Lets a held message go', ['queue release'], id, done),
  queueCancel: change(
    'operator',
    'Cancels a message; its sender is told',
    ['queue cancel'],
    z.strictObject({ id: short, reason: short }),
    done,
  ),
  route: ask(
    'operator',
    'Where an address leads',
    ['route'],
    z.strictObject({ address, relay: z.boolean(), fax: z.boolean() }),
    account.routeView,
  ),

  faxLines: ask('operator', 'The fax lines as they are now', ['fax lines'], nothing, list(fax.lineView)),
  faxCalls: ask(
    'operator',
    'Calls, newest first',
    ['fax calls'],
    z.strictObject({ limit: z.int().min(1).max(1000), line: short, direction: short }),
    list(fax.callView),
  ),
  faxShow: ask('operator', 'One call with its transcript', ['fax show'], id, fax.callDetail),
  exchangeList: ask(
    'operator',
    'The subscribers of the simulated telephone exchange',
    ['exchange list'],
    nothing,
    list(fax.subscriberView),
  ),
  exchangeDialIn: change(
    'operator',
    'Lets a simulated station send a fax to the box',
    ['exchange dial-in'],
    z.strictObject({ from: short, to: short, files: list(text) }),
    fax.dialInView,
  ),
  exchangeReceived: ask(
    'operator',
    'What a simulated station has received',
    ['exchange received'],
    z.strictObject({ number: short }),
    list(fax.receivedView),
  ),

  doctor: ask('operator', 'Everything looked at, with advice', ['doctor'], nothing, list(machine.finding)),
  backupCreate: {
    ...change(
      'administrator',
      'A backup as a file',
      ['system backup'],
      z.strictObject({ config: z.boolean(), passphrase: short }),
      backup.backupMade,
    ),
    kind: 'download',
    file: { name: 'caselli-backup.age', type: 'application/octet-stream' },
  },
  backupRun: change(
    'administrator',
    'A backup to its destination',
    ['system backup'],
    z.strictObject({ to: backup.destinationKind.or(z.literal('')), config: z.boolean(), passphrase: short }),
    backup.backupResult,
  ),
  backupList: ask(
    'administrator',
    'The last backups, and what is kept at a destination',
    ['system backup list'],
    z.strictObject({ to: backup.destinationKind.or(z.literal('')) }),
    backup.backupList,
  ),
  backupVerify: upload(
    'administrator',
    'Reads a backup whole and counts what is in it',
    ['system backup verify'],
    z.strictObject(from),
    backup.backupContent,
  ),
  backupRestore: upload(
    'administrator',
    'Makes a backup ready: the box comes up on it',
    ['system restore'],
    z.strictObject({ ...from, network: z.boolean(), release: z.boolean() }),
    backup.restoreView,
  ),
  backupRestoreCancel: change(
    'administrator',
    'Gives up a restore that was made ready',
    ['system restore'],
    nothing,
    view({ cancelled: z.boolean() }),
  ),
  backupRestoreMailbox: upload(
    'administrator',
    'Puts the missing messages of one mailbox back',
    ['system restore'],
    z.strictObject({ ...from, address, folder: short, inPlace: z.boolean() }),
    backup.mailboxRestored,
  ),

  systemSupport: {
    ...change(
      'administrator',
      'A support bundle, without secrets',
      ['system support'],
      nothing,
      view({ files: list(text), sizeBytes: z.number() }),
    ),
    kind: 'download',
    file: { name: 'caselli-support.tar.gz', type: 'application/gzip' },
  },
  systemStatus: ask('operator', 'The machine as it is', ['system status'], nothing, machine.machineView),
  systemHealth: ask('operator', 'Looks whether everything is well', ['system health'], nothing, machine.healthView),
  systemNetwork: ask('operator', 'The network card', ['system network show'], nothing, machine.networkView),
  systemNetworkSet: change(
    'administrator',
    'Changes the address, on trial',
    ['system network set'],
    machine.networkChange,
    machine.networkView,
  ),
  systemNetworkConfirm: change(
    'administrator',
    'Keeps the address that is on trial',
    ['system network confirm'],
    nothing,
    view({ confirmed: z.boolean() }),
  ),
  systemTime: ask('operator', 'The clock', ['system time'], nothing, machine.timeView),
  systemLog: ask(
    'administrator',
    'The last lines of the log',
    ['system log'],
    z.strictObject({ lines: z.int().min(1).max(10_000) }),
    view({ lines: list(text) }),
  ),
  systemPassword: change(
    'administrator',
    'Sets the password of the administrator',
    ['system password'],
    z.strictObject({ password: short }),
    view({ oneTimePassword: text }),
  ),
  systemReboot: change('administrator', 'Starts the box again', ['system reboot'], nothing, done),
  systemShutdown: change('administrator', 'Switches the box off', ['system shutdown'], nothing, done),
  systemFactoryReset: change('administrator', 'Erases everything', ['system factory-reset'], nothing, done),
  systemSsh: change(
    'administrator',
    'Switches SSH on or off',
    ['system ssh'],
    z.strictObject({ on: z.boolean() }),
    machine.sshView,
  ),
  systemStorage: ask(
    'administrator',
    'USB sticks and memory cards',
    ['system storage'],
    nothing,
    list(machine.storageView),
  ),
  updateInstall: upload(
    'administrator',
    'Installs an update from a file',
    ['system update'],
    z.strictObject({ allowDowngrade: z.boolean() }),
    update.installationView,
  ),
  updateInstallFrom: change(
    'administrator',
    'Installs an update from a stick or the configured address',
    ['system update'],
    z.strictObject({ from: z.enum(['usb', 'url']), allowDowngrade: z.boolean() }),
    update.installationView,
  ),
  updateCheck: change('administrator', 'Looks for an update now', ['system update check'], nothing, update.updateView),
  updateStatus: ask(
    'operator',
    'The version that runs, and the last update',
    ['system update status'],
    nothing,
    update.updateView,
  ),
  slotList: ask('administrator', 'The two systems of the box', ['system slots'], nothing, update.slotsView),
};

type Words = readonly string[];

function ask<I, O>(
  role: Role,
  summary: string,
  verbs: Words,
  input: z.ZodType<I>,
  output: z.ZodType<O>,
): Operation<I, O> {
  return { kind: 'ask', role, summary, verbs, input, output };
}

function change<I, O>(
  role: Role,
  summary: string,
  verbs: Words,
  input: z.ZodType<I>,
  output: z.ZodType<O>,
): Operation<I, O> {
  return { kind: 'change', role, summary, verbs, input, output };
}

function upload<I, O>(
  role: Role,
  summary: string,
  verbs: Words,
  input: z.ZodType<I>,
  output: z.ZodType<O>,
): Operation<I, O> {
  return { kind: 'upload', role, summary, verbs, input, output };
}
