import type { BoxEvent, EventFields } from '../lib/events.ts';
import type { Statement } from '../lib/sqlite.ts';
import { type State, stateNumber } from './schema.ts';

/** Events of messages as rows to be written, gathered to one batch. */

/** Addresses of one message that are written down. */
const addressesLimit = 1000;
/** Characters of a text of another host that are kept. */
const maxTextLength = 1000;
/** Calls under way whose message is remembered. */
const callsLimit = 1000;

/** What happened on the way of a message, beside how its recipients ended. */
export type HappeningKind =
  | 'deferred'
  | 'routed'
  | 'rerouted'
  | 'held'
  | 'released'
  | 'call'
  | 'fax-received'
  | 'report'
  | 'report-about'
  | 'report-dropped';

export interface Noting {
  /** For refusals, which have no message. */
  readonly ids: () => string;
  readonly subjects: boolean;
}

export class Notes {
  readonly #mails: (string | number)[][] = [];
  readonly #recipients: (string | number)[][] = [];
  readonly #happenings: (string | number)[][] = [];
  readonly #addresses = new Set<string>();

  /** Rows to be written. */
  get size(): number {
    return this.#mails.length + this.#recipients.length + this.#happenings.length;
  }

  /** @param calls the messages of calls under way, kept by whoever asks. */
  add(event: BoxEvent, calls: Map<string, string>, noting: Noting): void {
    const { at } = event;
    switch (event.name) {
      case 'queue.accepted':
        this.#accepted(at, event.fields, noting);
        break;
      case 'smtp.refused':
        this.#refused(at, event.fields, noting.ids());
        break;
      case 'queue.routed':
      case 'queue.rerouted': {
        const { message, ...fields } = event.fields;
        this.#recipient(at, message, fields.recipient, 'led-on');
        for (const to of [fields.to].flat().slice(0, addressesLimit)) this.#recipient(at, message, to, 'waiting');
        this.#happened(at, message, event.name === 'queue.routed' ? 'routed' : 'rerouted', fields);
        break;
      }
      case 'queue.delivered':
        if (event.fields.action !== 'expanded') this.#ended(at, 'delivered', event.fields, event.fields.folder);
        break;
      case 'queue.failed':
        this.#ended(at, 'failed', event.fields);
        break;
      case 'queue.deferred': {
        const { message, source: _, text, reply, ...fields } = event.fields;
        this.#ended(at, 'deferred', event.fields);
        this.#happened(at, message, 'deferred', { ...fields, text: clip(text), reply: clip(reply) });
        break;
      }
      case 'queue.held':
      case 'queue.released':
        this.#happened(at, event.fields.message, event.name === 'queue.held' ? 'held' : 'released', {});
        break;
      case 'dsn.sent': {
        const { message, about, to, action } = event.fields;
        this.#happened(at, about, 'report', { message, to, action });
        this.#happened(at, message, 'report-about', { message: about, action });
        break;
      }
      case 'dsn.dropped':
        this.#happened(at, event.fields.about, 'report-dropped', { text: event.fields.reason });
        break;
      case 'call.started': {
        const { call, message } = event.fields;
        if (message !== '' && calls.size < callsLimit) calls.set(call, message);
        break;
      }
      case 'call.ended': {
        const message = calls.get(event.fields.call);
        calls.delete(event.fields.call);
        if (message !== undefined) this.#happened(at, message, 'call', event.fields);
        break;
      }
      case 'fax.received': {
        const { message, ...fields } = event.fields;
        this.#happened(at, message, 'fax-received', fields);
        break;
      }
    }
  }

  statements(): Statement[] {
    const json = JSON.stringify;
    return [
      { sql: addAddresses, params: [json([...this.#addresses])] },
      { sql: addMails, params: [json(this.#mails)] },
      { sql: addRecipients, params: [json(this.#recipients)] },
      { sql: addHappenings, params: [json(this.#happenings)] },
    ];
  }

  #accepted(at: number, fields: EventFields<'queue.accepted'>, { subjects }: Noting): void {
    const { message, source, reversePath, recipients, sizeBytes, account, remote, tls, messageId, subject } = fields;
    const from = this.#address(reversePath);
    const about = subjects ? subject : '';
    this.#mails.push([
      message,
      at,
      source,
      from,
      account,
      remote,
      tls,
      sizeBytes,
      messageId,
      about,
      '',
      about.toLowerCase(),
    ]);
    for (const recipient of recipients.slice(0, addressesLimit)) this.#recipient(at, message, recipient, 'waiting');
  }

  #refused(at: number, fields: EventFields<'smtp.refused'>, id: string): void {
    const { remote, sender, recipient, code, reason } = fields;
    const said = clip(`${code} ${reason}`);
    this.#mails.push([id, at, 'esmtp', this.#address(sender), '', remote, '', 0, '', '', said, '']);
    this.#recipient(at, id, recipient, 'refused', { text: said });
  }

  #ended(at: number, state: State, fields: EventFields<'queue.failed'>, folder = ''): void {
    const { message, recipient, agent, place, attempt, status, text, host, reply } = fields;
    const where = folder ? `${place}, ${folder}` : place;
    const told = { agent, place: where, attempt, status, text: clip(text), host, reply: clip(reply) };
    this.#recipient(at, message, recipient, state, told);
  }

  #recipient(at: number, mail: string, address: string, state: State, told: Partial<Told> = {}): void {
    const { agent = '', place = '', attempt = 0, status = '', text = '', host = '', reply = '' } = told;
    const row = [
      mail,
      this.#address(address),
      stateNumber(state),
      at,
      agent,
      place,
      attempt,
      status,
      text,
      host,
      reply,
    ];
    this.#recipients.push(row);
  }

  #happened(at: number, mail: string, kind: HappeningKind, fields: object): void {
    this.#happenings.push([mail, at, kind, JSON.stringify(fields)]);
  }

  #address(address: string): string {
    const known = address.toLowerCase();
    this.#addresses.add(known);
    return known;
  }
}

interface Told {
  agent: string;
  place: string;
  attempt: number;
  status: string;
  text: string;
  host: string;
  reply: string;
}

function clip(text: string): string {
  return text.slice(0, maxTextLength);
}

const addAddresses = 'INSERT OR IGNORE INTO addresses (address) SELECT value FROM json_each(?)';
const columns = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `value->>${from + index}`).join(', ');
const addressAt = (index: number): string => `(SELECT id FROM addresses WHERE address = value->>${index})`;
const addMails = `
  INSERT OR IGNORE INTO mails SELECT ${columns(0, 3)}, ${addressAt(3)}, ${columns(4, 8)} FROM json_each(?)`;
// What is known of a recipient stays when it is only named again.
const addRecipients = `
  INSERT INTO recipients SELECT value->>0, ${addressAt(1)}, ${columns(2, 9)} FROM json_each(?) WHERE true
  ON CONFLICT DO UPDATE SET state = excluded.state, at = excluded.at, agent = excluded.agent, place = excluded.place,
    attempt = excluded.attempt, status = excluded.status, text = excluded.text, host = excluded.host,
    reply = excluded.reply
    WHERE excluded.state <> ${stateNumber('waiting')} OR recipients.state = ${stateNumber('led-on')}`;
const addHappenings = `
  INSERT INTO happenings (mail, at, kind, fields) SELECT ${columns(0, 4)} FROM json_each(?)`;
