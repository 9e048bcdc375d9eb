import type { Envelope, Notify } from '../mail/envelope.ts';
import type { AccountAdmin } from './account-admin.ts';
import type { AuditAdmin } from './audit-admin.ts';
import type { BackupAdmin } from './backup-admin.ts';
import type { BookAdmin } from './book-admin.ts';
import type { CertificateAdmin } from './certificate-admin.ts';
import type { ClientAdmin } from './client-admin.ts';
import type { ConfigAdmin } from './config-admin.ts';
import type { DeskAdmin } from './desk-admin.ts';
import type { DialAdmin } from './dial-admin.ts';
import type { DnsAdmin } from './dns-admin.ts';
import type { DoctorAdmin } from './doctor.ts';
import type { ExchangeAdmin } from './exchange-admin.ts';
import type { FaxAdmin } from './fax-admin.ts';
import type { FaxArchiveAdmin } from './fax-archive-admin.ts';
import type { FaxHandlingAdmin } from './fax-handling-admin.ts';
import type { FrontPanelAdmin } from './front-panel-admin.ts';
import type { LineAdmin } from './line-admin.ts';
import type { MachineAdmin } from './machine-admin.ts';
import type { MailLogAdmin } from './mail-log-admin.ts';
import type { MailOutAdmin } from './mail-out-admin.ts';
import type { OwnAdmin } from './own-admin.ts';
import type { QueueAdmin } from './queue-admin.ts';
import type { RouteAdmin } from './route-admin.ts';
import type { SecondFactorAdmin } from './second-factor-admin.ts';
import type { SendmailAdmin } from './sendmail-admin.ts';
import type { SessionAdmin } from './session-admin.ts';
import type { SetupAdmin } from './setup-admin.ts';
import type { SpaceAdmin } from './space-admin.ts';
import type { SupportAdmin } from './support-admin.ts';
import type { UpdateAdmin } from './update-admin.ts';

export type { AliasView, DomainView, RouteView, UserView } from './views/account-views.ts';
export type { FaxInfo, FaxPageView, FaxView } from './views/fax-archive-views.ts';
export type { CallDetail, CallView, DialInView, LineView, ReceivedView, SubscriberView } from './views/fax-views.ts';
export type { Finding } from './views/machine-views.ts';
export type { QueueDetail, QueueRecipientView, QueueView } from './views/queue-views.ts';

/**
 * What can be asked of a box, by the command line and later by other faces: over the admin socket while the box runs,
 * on its data where it is stopped. Parameters and answers are plain JSON; instants are ISO 8601 text. This is the
 * contract of every `--json`.
 */
export interface AdminApi
  extends AccountAdmin,
    AuditAdmin,
    BackupAdmin,
    BookAdmin,
    DeskAdmin,
    CertificateAdmin,
    ClientAdmin,
    ConfigAdmin,
    DialAdmin,
    DnsAdmin,
    DoctorAdmin,
    ExchangeAdmin,
    FaxAdmin,
    FaxArchiveAdmin,
    FaxHandlingAdmin,
    FrontPanelAdmin,
    LineAdmin,
    MachineAdmin,
    MailLogAdmin,
    MailOutAdmin,
    OwnAdmin,
    QueueAdmin,
    RouteAdmin,
    SecondFactorAdmin,
    SendmailAdmin,
    SessionAdmin,
    SetupAdmin,
    SpaceAdmin,
    SupportAdmin,
    UpdateAdmin {}

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
