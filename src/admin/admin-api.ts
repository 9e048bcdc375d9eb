import type { ConfigProblem } from '../config/schema.ts';
import type { Content } from '../lib/durable.ts';
import type { Envelope, Notify } from '../mail/envelope.ts';
import type { BackupAdmin } from './backup-admin.ts';
import type { MachineAdmin } from './machine-admin.ts';
import type { SupportAdmin } from './support-admin.ts';
import type { UpdateAdmin } from './update-admin.ts';

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
  domainList(): Promise<readonly { readonly domain: string; readonly accounts: number }[]>;
  domainAdd(what: { domain: string }): Promise<void>;
  domainRemove(what: { domain: string; force: boolean }): Promise<void>;

  /** The value in force at a path; the whole without one. */
  configGet(what: { path: string }): Promise<unknown>;
  /** `null` in `value` of `reset` returns a setting to its default. */
  configSet(change: { path: string; value: unknown; reset: boolean }): Promise<{ readonly version: number }>;
  /** The document as written and the whole in force. */
  configShow(): Promise<{ readonly document: unknown; readonly effective: unknown; readonly version: number }>;
  configCheck(): Promise<readonly ConfigProblem[]>;

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

export interface UserView {
  readonly address: string;
  readonly fullName: string;
  readonly fax: boolean;
  readonly disabled: boolean;
}

export interface AliasView {
  readonly name: string;
  readonly targets: readonly string[];
}

export interface QueueView {
  readonly id: string;
  readonly acceptedAt: string;
  readonly sizeBytes: number;
  readonly source: string;
  readonly reversePath: string;
  readonly account: string;
  readonly held: boolean;
  readonly recipients: readonly QueueRecipientView[];
}

export interface QueueRecipientView {
  readonly address: string;
  readonly state: string;
  readonly attempts: number;
  /** Empty when none is planned. */
  readonly nextAttempt: string;
  readonly status: string;
  readonly text: string;
}

export interface QueueDetail extends QueueView {
  readonly envelopeId: string;
  readonly expiresAt: string;
  /** The header of the message, as accepted. */
  readonly header: string;
}

export interface RouteView {
  readonly address: string;
  readonly accepted: boolean;
  /** What is done, in sentences, in order. */
  readonly steps: readonly string[];
  readonly recipients: readonly { readonly address: string; readonly agent: string; readonly destination: string }[];
  /** The SMTP reply when refused. */
  readonly reply: string;
}

export interface LineView {
  readonly id: string;
  readonly number: string;
  readonly port: string;
  readonly state: string;
  /** Number spoken with, while there is a call. */
  readonly peer: string;
  /** Page that crosses now, and how many there are; 0 when not known. */
  readonly page: number;
  readonly pages: number;
  readonly modem: string;
  readonly send: boolean;
  readonly receive: boolean;
  /** What is wrong, when something is. */
  readonly fault: string;
}

export interface CallView {
  readonly id: string;
  readonly at: string;
  readonly line: string;
  readonly direction: string;
  readonly number: string;
  readonly station: string;
  readonly pages: number;
  readonly result: string;
  readonly text: string;
  readonly durationSeconds: number;
}

export interface CallDetail extends CallView {
  readonly message: string;
  readonly bitRate: number;
  readonly resolution: string;
  readonly hangupCode: string;
  readonly pageFiles: readonly string[];
  readonly transcript: string;
}

export interface SubscriberView {
  readonly number: string;
  readonly kind: string;
  readonly station: string;
  readonly behaviour: string;
  readonly state: string;
}

export interface DialInView {
  readonly result: string;
  readonly text: string;
  readonly pagesConfirmed: number;
}

export interface ReceivedView {
  readonly at: string;
  readonly from: string;
  readonly result: string;
  readonly pages: readonly {
    readonly file: string;
    readonly width: number;
    readonly height: number;
    readonly resolution: string;
  }[];
}

/** One thing that the doctor looked at. */
export interface Finding {
  readonly id: string;
  readonly level: 'ok' | 'note' | 'wrong';
  readonly sentence: string;
  /** What to do; empty when nothing. */
  readonly advice: string;
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
