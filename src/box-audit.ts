import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AdminApi } from './admin/admin-api.ts';
import { type AuditAdmin, auditAdmin } from './admin/audit-admin.ts';
import { detailsOf, subjectOf } from './admin/subject.ts';
import type { AuditNote } from './audit/audit-entry.ts';
import { AuditLog } from './audit/audit-log.ts';
import { type ConfigStore, valueAt } from './config/config-store.ts';
import { withoutSecrets } from './config/secrets.ts';
import { type Actor, asActor, currentActor } from './lib/actor.ts';
import type { Clock } from './lib/clock.ts';
import type { BoxEvent, EventBus, EventFields } from './lib/events.ts';
import type { Operation } from './panel/api/operation.ts';

/** Refused logins that are written in ten minutes; more are counted, so that guessing does not push out what matters. */
const refusals = { most: 20, windowMs: 10 * 60_000 } as const;

/** What is told otherwise when it is done: as a change of settings or of a second factor. */
const toldOtherwise = new Set([
  'configSet',
  'configApply',
  'configUndo',
  'secondFactorBegin',
  'secondFactorConfirm',
  'secondFactorRemove',
  'secondFactorReset',
  'recoveryRenew',
  'passkeyOptions',
  'passkeyAdd',
  'passkeyRemove',
]);
/** What only looks like a change. */
const changesNothing = new Set(['configPlan', 'configCheck']);

export interface BoxAuditParts {
  readonly folder: string;
  /** `identity` of the data folder */
  readonly identityFolder: string;
  readonly config: ConfigStore;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Writes into the audit log whatever somebody does, through whichever face of the box. */
export class BoxAudit {
  readonly api: AuditAdmin;
  readonly #log: AuditLog;
  readonly #stops: readonly (() => void)[];
  #settings: unknown;
  #refused = { since: -Infinity, count: 0 };

  private constructor(parts: BoxAuditParts, log: AuditLog) {
    this.#log = log;
    this.api = auditAdmin(log);
    this.#settings = parts.config.config;
    this.#stops = [
      parts.events.on((event) => this.#noticed(event)),
      parts.config.onChange((config, paths) => this.#settingsChanged(config, paths)),
    ];
  }

  static async open(parts: BoxAuditParts): Promise<BoxAudit> {
    const { folder, identityFolder, clock, events } = parts;
    const keyFile = join(identityFolder, 'audit-key');
    return new BoxAudit(parts, await AuditLog.open({ folder, keyFile, clock, events, random: randomBytes }));
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#log.close();
  }

  /** The same API, done in the name of whoever uses that face of the box: what changes something is written down. */
  inNameOf(api: AdminApi, actor: Actor): AdminApi {
    return new Proxy(api, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function' || typeof name !== 'string') return method;
        return (...parameters: unknown[]) =>
          asActor(actor, () => this.#done(name, parameters[0], () => Reflect.apply(method, target, parameters)));
      },
    });
  }

  async #done(operation: string, input: unknown, work: () => Promise<unknown>): Promise<unknown> {
    const tell = async (failed: string): Promise<void> => {
      // The table of the panel says what changes something; it is loaded when it is first asked for.
      const { operations } = await import('./panel/api/operations.ts');
      const kind = (operations as Readonly<Record<string, Operation>>)[operation]?.kind;
      if (kind === undefined || kind === 'ask' || kind === 'read') return;
      await this.#operation(operation, failed, subjectOf(input), detailsOf(input));
    };
    try {
      const result = await work();
      await tell('');
      return result;
    } catch (error) {
      await tell(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #operation(action: string, failed: string, subject: string, details: readonly string[]): Promise<void> {
    if (changesNothing.has(action) || (failed === '' && toldOtherwise.has(action)) || details.includes('dryRun: true'))
      return;
    await this.#add({ action, subject, details, failed });
  }

  #noticed(event: BoxEvent): void {
    if (event.name === 'panel.changed') {
      const { account, remote, operation, failed, subject, details } = event.fields;
      const by: Actor = { via: 'panel', account, remote, session: '', origin: '' };
      asActor(by, () => void this.#operation(operation, failed, subject, details));
    } else if (event.name === 'panel.session') this.#session(event.fields);
    else if (event.name === 'login.refused' && event.fields.protocol === 'panel')
      this.#loginRefused(event.fields, event.at);
    else if (event.name === 'account.second-factor') {
      const { account, change } = event.fields;
      const note = { action: 'second factor', subject: account || 'administrator', details: [change], failed: '' };
      // Used up at the door, by somebody who is nobody yet.
      if (currentActor()) void this.#add(note);
      else void this.#log.add({ via: 'panel', account: account || 'administrator', remote: '', ...note });
    } else if (event.name === 'button.pressed') {
      const { does, button } = event.fields;
      const by = { via: 'front panel', account: '', remote: '' };
      void this.#log.add({ ...by, action: does, subject: button, details: [], failed: '' });
    }
  }

  #session({ account, remote, state, how }: EventFields<'panel.session'>): void {
    const action = state === 'began' ? 'login' : 'logout';
    void this.#log.add({ via: 'panel', account, remote, action, subject: '', details: [how], failed: '' });
  }

  #loginRefused({ account, remote, reason }: EventFields<'login.refused'>, at: number): void {
    const login = { via: 'panel', account, remote, action: 'login', subject: '' };
    if (at - this.#refused.since >= refusals.windowMs) {
      const left = this.#refused.count - refusals.most;
      if (left > 0)
        void this.#log.add({
          ...login,
          account: '',
          remote: '',
          details: [`${left} more were refused`],
          failed: 'refused',
        });
      this.#refused = { since: at, count: 0 };
    }
    if (++this.#refused.count <= refusals.most) void this.#log.add({ ...login, details: [], failed: reason });
  }

  #settingsChanged(config: unknown, paths: readonly string[]): void {
    const before = withoutSecrets(this.#settings);
    const after = withoutSecrets(config);
    this.#settings = config;
    const details = paths.map((path) => {
      const [was, is] = [valueAt(before, path), valueAt(after, path)];
      // A secret that changed looks the same, hidden.
      return isDeepStrictEqual(was, is) ? `${path}: changed (hidden)` : `${path}: ${shown(was)} → ${shown(is)}`;
    });
    void this.#add({ action: 'settings', subject: paths.length === 1 ? paths[0]! : '', details, failed: '' });
  }

  /** By whoever asked; what nobody asked for was changed in a file, or is the box's own doing. */
  #add(note: Pick<AuditNote, 'action' | 'subject' | 'details' | 'failed'>): Promise<void> {
    const actor = currentActor();
    const by = actor?.account || (actor?.via === 'panel' ? 'administrator' : '');
    return this.#log.add({ via: actor?.via ?? 'file', account: by, remote: actor?.remote ?? '', ...note });
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
