import type { ConfigProblem } from '../config/schema.ts';
import type { Content } from '../lib/durable.ts';
import type { Envelope, Notify } from '../mail/envelope.ts';
import type { BackupAdmin } from './backup-admin.ts';
import type { MachineAdmin } from './machine-admin.ts';
import type { SupportAdmin } from './support-admin.ts';
import type { UpdateAdmin } from './update-admin.ts';
import type { AliasView, DomainView, RouteView, UserView } from './views/account-views.ts';
import type {
  ConfigChange,
  ConfigForm,
  ConfigFormer,
  ConfigPlan,
  ConfigShown,
  ConfigVersion,
} from './views/config-views.ts';
import type { CallDetail, CallView, DialInView, LineView, ReceivedView, SubscriberView } from './views/fax-views.ts';
import type { Finding } from './views/machine-views.ts';
import type { QueueDetail, QueueView } from './views/queue-views.ts';

export type { AliasView, DomainView, RouteView, UserView } from './views/account-views.ts';
export type { CallDetail, CallView, DialInView, LineView, ReceivedView, SubscriberView } from './views/fax-views.ts';
export type { Finding } from './views/machine-views.ts';
export type { QueueDetail, QueueRecipientView, QueueView } from './views/queue-views.ts';

/**
 * What can be asked of a box, by the command line and later by other faces: over the admin socket while the box runs,
 * on its data where it is stopped. Parameters and answers are plain JSON; instants are ISO 8601 text. This is the
 * contract of every `--json`.
 */
export interface AdminApi extends BackupAdmin, MachineAdmin, SupportAdmin, UpdateAdmin {
  userList(): Promise<readonly UserView[]>;
  userAdd(user: { address: string; fullName: string; password: string; fax: boolean }): Promise<UserView>;
  userPassword(change: { address: string; password: string }): Promise<void>;
  /** Removes the account; its mail goes too unless `keepMail`. */
  userRemove(what: { address: string; keepMail: boolean }): Promise<void>;
  aliasList(): Promise<readonly AliasView[]>;
  aliasSet(alias: AliasView): Promise<void>;
  aliasRemove(what: { name: string }): Promise<void>;
  domainList(): Promise<readonly DomainView[]>;
  domainAdd(what: { domain: string }): Promise<void>;
  domainRemove(what: { domain: string; force: boolean }): Promise<void>;

  /** The value in force at a path; the whole without one. */
  configGet(what: { path: string }): Promise<unknown>;
  /** `null` in `value` of `reset` returns a setting to its default. */
  configSet(change: { path: string; value: unknown; reset: boolean }): Promise<ConfigVersion>;
  /** The document as written and the whole in force. */
  configShow(): Promise<ConfigShown>;
  configCheck(): Promise<readonly ConfigProblem[]>;
  /** What a form of all settings needs. */
  configForm(): Promise<ConfigForm>;
  /** What changes would do; nothing is done. */
  configPlan(wish: { changes: readonly ConfigChange[] }): Promise<ConfigPlan>;
  /** All changes or none. `version` is that of the plan: settings that changed meanwhile are not overwritten. */
  configApply(wish: { changes: readonly ConfigChange[]; version: number }): Promise<ConfigVersion>;
  /** Newest first. */
  configHistory(): Promise<readonly ConfigFormer[]>;
  configUndo(to: { version: number }): Promise<ConfigVersion>;

  queueList(filter: { address: string; limit: number }): Promise<readonly QueueView[]>;
  queueShow(what: { id: string }): Promise<QueueDetail>;
  /** Without id all. @returns how many recipients are tried now. */
  queueRetry(what: { id: string }): Promise<{ readonly recipients: number }>;
  queueHold(what: { id: string }): Promise<void>;
  queueRelease(what: { id: string }): Promise<void>;
  queueCancel(what: { id: string; reason: string }): Promise<void>;

  route(what: { address: string; relay: boolean; fax: boolean }): Promise<RouteView>;

  /** Hands a message in as sendmail(8) does. */
  sendmail(what: Sendmail, content: Content): Promise<{ readonly id: string }>;
  /** As `sendmail -t`: the recipients are those of the envelope and those of To, Cc and Bcc; Bcc is dropped. */
  sendmailFromHeader(what: Sendmail, content: Content): Promise<{ readonly id: string }>;

  faxLines(): Promise<readonly LineView[]>;
  faxCalls(filter: { limit: number; line: string; direction: string }): Promise<readonly CallView[]>;
  faxShow(what: { id: string }): Promise<CallDetail>;

  exchangeList(): Promise<readonly SubscriberView[]>;
  exchangeDialIn(call: { from: string; to: string; files: readonly string[] }): Promise<DialInView>;
  exchangeReceived(what: { number: string }): Promise<readonly ReceivedView[]>;

  doctor(): Promise<readonly Finding[]>;
}

/** Takes the bytes that a method hands out; resolves when more may come. When it throws, the method ends. */
export type Output = (chunk: Uint8Array) => Promise<void> | void;

export interface Sendmail {
  readonly envelope: Envelope;
  /** For a From field that is added; empty for none. */
  readonly fullName: string;
  /** For recipients taken from the header. */
  readonly notify?: Notify;
}

/** A request that cannot be done; `exitCode` is of sysexits.h, `message` says what to do next. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly exitCode: number;
  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** sysexits.h, the codes in use. */
export const exitCodes = {
  usage: 64,
  data: 65,
  noInput: 66,
  noUser: 67,
  unavailable: 69,
  software: 70,
  machine: 71,
  cannotCreate: 73,
  tempFail: 75,
  noPermission: 77,
  config: 78,
} as const;

/** Methods that take content after their parameters. */
export const contentMethods: ReadonlySet<keyof AdminApi> = new Set<keyof AdminApi>([
  'sendmail',
  'sendmailFromHeader',
  'backupVerify',
  'backupRestore',
  'backupRestoreMailbox',
  'updateInstall',
]);

/** Methods that hand out bytes before they answer: their last parameter takes them. */
export const outputMethods: ReadonlySet<keyof AdminApi> = new Set<keyof AdminApi>(['backupCreate', 'systemSupport']);

/** All methods: what the socket lets through. */
export const adminMethods: ReadonlySet<keyof AdminApi> = new Set<keyof AdminApi>([
  'userList',
  'userAdd',
  'userPassword',
  'userRemove',
  'aliasList',
  'aliasSet',
  'aliasRemove',
  'domainList',
  'domainAdd',
  'domainRemove',
  'configGet',
  'configSet',
  'configShow',
  'configCheck',
  'configForm',
  'configPlan',
  'configApply',
  'configHistory',
  'configUndo',
  'queueList',
  'queueShow',
  'queueRetry',
  'queueHold',
  'queueRelease',
  'queueCancel',
  'route',
  'sendmail',
  'sendmailFromHeader',
  'faxLines',
  'faxCalls',
  'faxShow',
  'exchangeList',
  'exchangeDialIn',
  'exchangeReceived',
  'doctor',
  'backupCreate',
  'backupRun',
  'backupList',
  'backupVerify',
  'backupRestore',
  'backupRestoreCancel',
  'backupRestoreMailbox',
  'systemSupport',
  'systemStatus',
  'systemHealth',
  'systemNetwork',
  'systemNetworkSet',
  'systemNetworkConfirm',
  'systemTime',
  'systemLog',
  'systemPassword',
  'systemReboot',
  'systemShutdown',
  'systemFactoryReset',
  'systemSsh',
  'systemStorage',
  'updateInstall',
  'updateInstallFrom',
  'updateCheck',
  'updateStatus',
  'slotList',
]);
