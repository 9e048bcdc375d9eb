import type { Clock } from './clock.ts';

/**
 * The one list of what can happen. Log, metrics, panel, LCD and IMAP IDLE all listen to these events and use these
 * names. Fields are plain data; `message`, `call`, `session`, `line` and `account` are the ids that tie events together.
 */

export type Level = 'debug' | 'info' | 'warn' | 'error';

interface Kind<Fields> {
  readonly level: Level;
  /** What it means, for the manual and the panel. */
  readonly help: string;
  /** Carries the type only. */
  readonly fields?: Fields;
}

function kind<Fields>(level: Level, help: string): Kind<Fields> {
  return { level, help };
}

/** How an attempt at one recipient ended. */
interface Attempted {
  message: string;
  /** Where the message came from (`mail/envelope.ts`). */
  source: string;
  recipient: string;
  agent: string;
  /** Account, number as dialled, or domain. */
  place: string;
  attempt: number;
  status: string;
  text: string;
  /** The other host, and what it said; empty where none spoke. */
  host: string;
  reply: string;
}

export const eventKinds = {
  'box.started': kind<{ version: string; data: string }>('info', 'The program is ready to serve.'),
  'box.stopping': kind<{ reason: string }>('info', 'The program was asked to stop.'),
  'box.fault': kind<{ where: string; error: string }>('error', 'Something happened that the program did not expect.'),
  'config.changed': kind<{ version: number; paths: string[] }>('info', 'The configuration was changed and applied.'),
  'health.changed': kind<{ state: 'well' | 'short' | 'unwell'; reasons: string[] }>(
    'warn',
    'Something does not work, is used up, or works again; no reasons: the box is well.',
  ),
  'clock.changed': kind<{ state: 'trusted' | 'guessed'; offsetMs: number }>(
    'info',
    'Time servers have set the clock, or it can be trusted no more.',
  ),
  'network.changed': kind<{ interface: string; addresses: string[] }>('info', 'The box has other addresses.'),
  'certificate.changed': kind<{ source: 'given' | 'acme' | 'own'; names: string[]; until: number }>(
    'info',
    'Another certificate is in use.',
  ),
  'certificate.failed': kind<{ reason: string; nextAttempt: number }>(
    'warn',
    'The authority gave no certificate; the former one, or our own, stays in use.',
  ),
  'certificate.failing': kind<{ reason: string; since: number }>(
    'error',
    'The authority gives no certificate for a long time; said once.',
  ),
  'button.pressed': kind<{ button: string; does: 'shut-down' | 'factory-reset' }>(
    'warn',
    'A button of the box was held for long enough: the box switches off, or erases all data and starts anew.',
  ),
  'network.trial': kind<{ state: 'began' | 'confirmed' | 'undone'; reason: string }>(
    'warn',
    'A change of the network is on trial, was confirmed, or was undone.',
  ),

  'account.added': kind<{ account: string }>('info', 'An account was added.'),
  'account.removed': kind<{ account: string }>('info', 'An account was removed.'),
  'account.changed': kind<{ account: string }>('info', 'Name, rights or quota of an account were changed.'),
  'account.password': kind<{ account: string }>('info', 'An account got another password.'),
  'account.second-factor': kind<{ account: string; change: string }>(
    'info',
    'A second factor of somebody was set up, used up, removed or reset; an empty account is the administrator of the box.',
  ),
  'login.accepted': kind<{ session: string; account: string; protocol: string; remote: string }>(
    'info',
    'Somebody logged in.',
  ),
  'login.refused': kind<{ session: string; account: string; protocol: string; remote: string; reason: string }>(
    'warn',
    'A name or password was wrong, or there were too many attempts.',
  ),

  'session.opened': kind<{ session: string; protocol: string; remote: string; tls: boolean }>(
    'debug',
    'A client connected.',
  ),
  'session.closed': kind<{ session: string; protocol: string; reason: string }>('debug', 'A client session ended.'),
  'session.error': kind<{ session: string; protocol: string; error: string }>(
    'warn',
    'A client session ended for a reason that is not in the protocol.',
  ),

  'smtp.refused': kind<{
    session: string;
    remote: string;
    sender: string;
    recipient: string;
    code: number;
    reason: string;
  }>('info', 'A sender, recipient or message was refused at the door.'),

  'queue.accepted': kind<{
    message: string;
    source: string;
    reversePath: string;
    recipients: string[];
    sizeBytes: number;
    account: string;
    /** Of the client that handed it in, empty for what was made on this box: address, session, TLS version and cipher. */
    remote: string;
    session: string;
    tls: string;
    /** Message-ID of its header, without brackets. */
    messageId: string;
    /** Not written into the log of the box, which travels in support bundles (`lib/log.ts`). */
    subject: string;
  }>('info', 'A message was accepted and is on stable storage.'),
  'queue.routed': kind<{ message: string; recipient: string; to: string[]; by: 'alias' | 'catch-all' }>(
    'debug',
    'An address of a message leads to others: an alias, or what takes the unknown names of a domain.',
  ),
  'queue.attempt': kind<{ message: string; recipients: string[]; agent: string; attempt: number }>(
    'debug',
    'A delivery attempt began.',
  ),
  'queue.delivered': kind<Attempted & { action: 'delivered' | 'relayed' | 'expanded'; folder: string }>(
    'info',
    'A recipient has the message.',
  ),
  'queue.deferred': kind<Attempted & { nextAttempt: number }>(
    'info',
    'An attempt failed for now; the next one is planned.',
  ),
  'queue.failed': kind<Attempted>('warn', 'A recipient will not get the message; the sender is told.'),
  'queue.rerouted': kind<{ message: string; recipient: string; to: string }>(
    'info',
    'A recipient that waited got another address; nobody was told of a failure.',
  ),
  'queue.held': kind<{ message: string }>('info', 'A message was put on hold.'),
  'queue.scheduled': kind<{ message: string; at: string }>('info', 'A message was given another time to be sent at.'),
  'queue.released': kind<{ message: string }>('info', 'A message was released from hold, or its retry was asked for.'),
  'sending.changed': kind<{ sending: string }>('debug', 'Something happened to a fax that was sent from the panel.'),
  'queue.done': kind<{ message: string }>('debug', 'A message left the queue.'),
  'dsn.sent': kind<{ message: string; about: string; to: string; action: string }>(
    'info',
    'A delivery report was submitted.',
  ),
  'dsn.dropped': kind<{ about: string; reason: string }>('warn', 'A delivery report could go to nobody.'),
  'panel.changed': kind<{
    account: string;
    operation: string;
    failed: string;
    remote: string;
    subject: string;
    details: readonly string[];
  }>('info', 'Somebody asked for a change in the panel; `failed` says why it was not made.'),
  'panel.session': kind<{ session: string; account: string; remote: string; state: 'began' | 'ended'; how: string }>(
    'info',
    'Somebody is logged in to the panel, or not any more; `how` says by what, or why.',
  ),
  'panel.barred': kind<{ remote: string; more: number }>(
    'warn',
    'A client that is not of the own networks came to the panel; `more` were sent away since this was last said.',
  ),
  'audit.stopped': kind<{ reason: string }>('error', 'The audit log cannot be written.'),

  'mail-log.stopped': kind<{ reason: string }>('warn', 'The log of mail is not written for now; mail goes on.'),
  'mail-log.resumed': kind<{ lost: number }>(
    'info',
    'The log of mail is written again; so many entries are not in it.',
  ),

  'notice.sent': kind<{ message: string; about: string; to: string }>('info', 'The box wrote to its postmaster.'),
  'notice.dropped': kind<{ about: string; reason: string }>(
    'warn',
    'The box had to write to its postmaster and could not.',
  ),

  'store.delivered': kind<{ account: string; folder: string; uid: number; sizeBytes: number }>(
    'info',
    'A message was stored in a mailbox.',
  ),
  'store.filling': kind<{ account: string; sizeBytes: number; quotaBytes: number }>(
    'warn',
    'A mailbox has come near to what it may hold; the person is told by mail.',
  ),
  'store.changed': kind<{ account: string; folder: string }>('debug', 'Something changed in a folder.'),
  'store.recovered': kind<{ account: string; folder: string; found: number; lost: number }>(
    'warn',
    'The index of a folder was made again from its Maildir.',
  ),

  'line.state': kind<{ line: string; state: LineState; number: string; page: number; pages: number }>(
    'info',
    'A fax line changed what it does.',
  ),
  'line.fault': kind<{ line: string; reason: string }>('error', 'A modem does not answer as it should.'),
  'line.well': kind<{ line: string }>('info', 'A modem that was at fault answers again.'),
  'line.paused': kind<{ line: string; paused: 'no' | 'sending' | 'all' }>(
    'info',
    'Faxing rests on a line, or goes on: sending alone, or answering as well.',
  ),
  'call.started': kind<{ call: string; line: string; direction: CallDirection; number: string; message: string }>(
    'info',
    'A fax call began.',
  ),
  'call.page': kind<{
    call: string;
    line: string;
    direction: CallDirection;
    page: number;
    pages: number;
    bitRate: number;
    bytes: number;
  }>('debug', 'A page is crossing the line; repeated while it does.'),
  'call.ended': kind<{
    call: string;
    line: string;
    direction: CallDirection;
    number: string;
    station: string;
    pages: number;
    result: string;
    text: string;
    durationMs: number;
  }>('info', 'A fax call ended.'),
  'fax.received': kind<{ call: string; line: string; message: string; pages: number; from: string }>(
    'info',
    'A received fax was put into the queue as mail.',
  ),
  'fax.changed': kind<{ fax: string; state: string }>('debug', 'A fax of the archive came, went on or was settled.'),
  'fax.removed': kind<{ fax: string }>('info', 'Somebody removed a fax from the archive.'),

  'lcd.connected': kind<{ width: number; height: number }>('info', 'A front panel is there and shows what happens.'),
  'lcd.lost': kind<{ reason: string }>('info', 'The front panel went away; it is looked for again.'),
  'lcd.absent': kind<{ at: string; reason: string }>('info', 'There is no front panel; said once, then looked for.'),
  'lcd.drawn': kind<object>('debug', 'The front panel shows something else than was last asked for; told once.'),
  'lcd.refused': kind<{ command: string; reason: string }>('warn', 'LCDd refused a command; the front panel goes on.'),

  'update.found': kind<{ version: string; url: string }>('info', 'There is a newer version to install.'),
  'update.progress': kind<{ version: string; step: 'writing' | 'checking'; bytes: number; totalBytes: number }>(
    'debug',
    'An update is being written, or read back; repeated while it is.',
  ),
  'update.installed': kind<{ version: string; from: string; slot: string }>(
    'info',
    'An update was installed; it runs from the next start on.',
  ),
  'update.failed': kind<{ version: string; reason: string }>('warn', 'An update was not installed.'),
  'update.confirmed': kind<{ version: string; slot: string }>('info', 'An update runs well and stays.'),
  'update.rolled-back': kind<{ version: string; running: string }>(
    'error',
    'An update did not come up; the former version runs again.',
  ),
  'data.restored': kind<{ name: string; newerVersion: string }>(
    'warn',
    'What a newer version left could not be read; the copy made before its update was taken back.',
  ),

  'backup.done': kind<{ to: string; name: string; sizeBytes: number; files: number; durationMs: number }>(
    'info',
    'A backup was made and is at its destination.',
  ),
  'backup.failed': kind<{ to: string; reason: string }>('error', 'A backup could not be made.'),
  'backup.restored': kind<{ from: string; at: string; held: number }>(
    'warn',
    'The box came up on data restored from a backup; messages of its queue that may have left before are on hold.',
  ),
} as const satisfies Record<string, Kind<object>>;

export type LineState = 'off' | 'starting' | 'idle' | 'dialling' | 'sending' | 'ringing' | 'receiving' | 'fault';
export type CallDirection = 'out' | 'in';

export type EventName = keyof typeof eventKinds;
export type EventFields<Name extends EventName> = NonNullable<(typeof eventKinds)[Name]['fields']>;

/** One thing that happened; a union over all names, so that `switch (event.name)` knows the fields. */
export type BoxEvent = {
  [Name in EventName]: { readonly name: Name; readonly at: number; readonly fields: EventFields<Name> };
}[EventName];

export type Listener = (event: BoxEvent) => void;

/** Carries events to whoever listens, in the order of listening, at once. A listener that throws does not stop the others. */
export class EventBus {
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  emit<Name extends EventName>(name: Name, fields: EventFields<Name>): void {
    const event = { name, at: this.#clock.now(), fields } as BoxEvent;
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        if (name !== 'box.fault') this.emit('box.fault', { where: `listener of ${name}`, error: String(error) });
      }
    }
  }

  /** Returns the way to stop listening. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
