import { z } from 'zod';
import { parseHours } from '../fax/calling-hours.ts';
import { compileDialPlan } from '../fax/dial-plan.ts';
import { systemSettings } from './system.ts';
import { domainName, duration, ipAddress, mailAddress, network, secret, size, stationId } from './values.ts';

/**
 * The one configuration: type, default, unit, check and help text of every setting together. Panel forms, JSON Schema
 * and manual are made from it. Read values have their unit in the comment: time spans are ms, sizes are bytes.
 */

function listener(port: number, what: string, enabled = true) {
  return z
    .strictObject({
      enabled: z.boolean().default(enabled).describe('Whether this port is served.'),
      address: ipAddress.default('127.0.0.1').describe('Address to listen on; 0.0.0.0 or :: for all.'),
      port: z.int().min(0).max(65535).default(port).describe('TCP port; 0 takes any free one.'),
    })
    .prefault({})
    .describe(what);
}

/** Limits of one kind of server. */
function limits(connections: number) {
  return {
    maxConnections: z.int().min(1).max(10_000).default(connections).describe('Sessions at one time.'),
    maxConnectionsPerClient: z.int().min(1).max(10_000).default(50).describe('Sessions at one time from one address.'),
  };
}

const smtp = z
  .strictObject({
    smtp: listener(2525, 'SMTP from other mail servers (port 25 on the appliance).'),
    submission: listener(2587, 'Submission by mail programs, with STARTTLS (port 587 on the appliance).'),
    submissions: listener(2465, 'Submission by mail programs, with TLS (port 465 on the appliance).'),
    ...limits(100),
    maxMessageSize: size.prefault('50M').describe('Largest message taken, in bytes (50M).'),
    maxRecipients: z.int().min(1).max(10_000).default(100).describe('Recipients of one message.'),
    timeout: duration.prefault('5m').describe('A session that says nothing for so long is closed.'),
    requireTlsForLogin: z
      .boolean()
      .default(true)
      .describe('Whether passwords are taken under TLS only; loopback connections are exempt.'),
    relayNetworks: z
      .array(network)
      .default([])
      .describe('Networks whose programs may send anywhere without logging in (scanners, printers).'),
    faxNetworks: z.array(network).default([]).describe('Networks whose programs may send faxes without logging in.'),
    greeting: z.string().max(200).default('').describe('Text after the name in the greeting.'),
  })
  .prefault({})
  .describe('Mail in: SMTP and submission.');

const queue = z
  .strictObject({
    retrySchedule: z
      .array(duration)
      .min(1)
      .prefault(['5m', '5m', '5m', '15m', '5m', '5m', '30m', '5m', '5m', '60m', '5m', '5m'])
      .describe('Waits between the first attempts.'),
    retryThen: z.array(duration).min(1).prefault(['120m', '5m', '5m']).describe('Waits after those, again and again.'),
    queueTime: duration.prefault('7d').describe('After this time a message that could not be delivered is returned.'),
    faxQueueTime: duration.prefault('8h').describe('After this time a fax that could not be sent is returned.'),
    warnTime: duration.prefault('4h').describe('After this time the sender hears that the message is late.'),
    scheduleAhead: duration
      .prefault('31d')
      .describe('Mail and faxes that are to be sent later may be handed in so long before.'),
    parallelLocal: z.int().min(1).max(1000).default(10).describe('Deliveries into mailboxes at one time.'),
    parallelEsmtp: z.int().min(1).max(1000).default(40).describe('Deliveries to other hosts at one time.'),
    perDestination: z.int().min(1).max(1000).default(4).describe('Deliveries to one destination at one time.'),
    recipientsPerDelivery: z.int().min(1).max(1000).default(100).describe('Recipients handed to another host at once.'),
    minFreeSpace: size.prefault('100M').describe('With less free disk than this no mail is taken.'),
  })
  .prefault({})
  .describe('The queue.');

const smarthost = z
  .strictObject({
    host: z.string().min(1).describe('Name or address of the host that takes all mail to the outside.'),
    port: z.int().min(1).max(65535).default(587).describe('Its port.'),
    security: z
      .enum(['starttls', 'tls', 'opportunistic', 'none'])
      .default('starttls')
      .describe('starttls and tls insist on a valid certificate; opportunistic takes what it gets.'),
    user: z.string().default('').describe('Name to log in with; empty for no login.'),
    password: secret(z.string().default('').describe('Password to log in with.')),
  })
  .describe('The host that takes all mail to the outside.');

const outbound = z
  .strictObject({
    smarthost: smarthost.nullable().default(null).describe('Host for all outgoing mail; null sends directly by MX.'),
    port: z.int().min(1).max(65535).default(25).describe('Port of other mail servers.'),
    publicAddresses: z
      .array(ipAddress)
      .max(8)
      .default([])
      .describe('Addresses under which the world sees the box (those of the router); empty for its own.'),
    helo: z.string().default('').describe('Name said in EHLO; empty for the name of the box.'),
    connectTimeout: duration.prefault('1m').describe('Time to connect.'),
    greetingTimeout: duration.prefault('5m').describe('Time until the greeting and the answer to EHLO.'),
    commandTimeout: duration.prefault('10m').describe('Time until the answer to any other command.'),
  })
  .prefault({})
  .describe('Mail out: ESMTP to other hosts.');

const imap = z
  .strictObject({
    imap: listener(2143, 'IMAP with STARTTLS (port 143 on the appliance).'),
    imaps: listener(2993, 'IMAP with TLS (port 993 on the appliance).'),
    ...limits(500),
    timeout: duration
      .prefault('30m')
      .describe('A session that says nothing for so long is closed (RFC 9051: 30 minutes).'),
    requireTlsForLogin: z
      .boolean()
      .default(true)
      .describe('Whether passwords are taken under TLS only; loopback connections are exempt.'),
    maxLiteral: size.prefault('50M').describe('Largest message taken by APPEND, in bytes (50M).'),
  })
  .prefault({})
  .describe('IMAP.');

const pop3 = z
  .strictObject({
    pop3: listener(2110, 'POP3 with STLS (port 110 on the appliance).'),
    pop3s: listener(2995, 'POP3 with TLS (port 995 on the appliance).'),
    ...limits(200),
    timeout: duration
      .prefault('10m')
      .describe('A session that says nothing for so long is closed (RFC 1939: 10 minutes).'),
    requireTlsForLogin: z
      .boolean()
      .default(true)
      .describe('Whether passwords are taken under TLS only; loopback connections are exempt.'),
  })
  .prefault({})
  .describe('POP3.');

const mailboxes = z
  .strictObject({
    quota: size
      .prefault('0')
      .describe('What a mailbox may hold (5G); 0 for any amount. People may have another one each.'),
    warnAt: z
      .int()
      .min(0)
      .max(100)
      .default(90)
      .describe('Per cent of it from which the person is warned by mail; 0 for no warning.'),
  })
  .prefault({})
  .describe('Mailboxes.');

/** Every number as it is written; a leading + is the international prefix of most of the world. */
const defaultDialPlan = `# International prefix: 00 in most of the world, 011 in North America.
rw^ + 00$9
accept^ n local
accept^ n esmtp`;

const faxLine = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, { error: 'is not 1 to 32 of a–z, 0–9 and -' })
      .describe('Name of the line.'),
    port: z
      .string()
      .regex(/^(serial:\/\S+|tcp:\S+:\d+|exchange:\d+)$/, {
        error: 'is not serial:/dev/…, tcp:host:port or exchange:number',
      })
      .describe('Where the modem is: serial:/dev/ttyUSB0, tcp:host:port, exchange:number (simulated).'),
    modemClass: z.enum(['auto', '2', '2.0']).default('auto').describe('Fax class spoken to the modem; auto asks it.'),
    baud: z.int().default(38_400).describe('Speed of the serial port, bit/s.'),
    number: z.string().default('').describe("The line's own telephone number."),
    stationId: stationId.default('').describe('Identification sent to the far side; empty for the number.'),
    send: z.boolean().default(true).describe('Whether faxes are sent on this line.'),
    receive: z.boolean().default(true).describe('Whether calls are answered on this line.'),
    paused: z
      .enum(['no', 'sending', 'all'])
      .default('no')
      .describe('Whether faxing rests here: sending waits and calls are answered, or calls are not answered either.'),
    answerAfterRings: z
      .int()
      .min(1)
      .max(20)
      .default(2)
      .describe('Rings before a call is answered; 2 let caller id come.'),
    maxBitRate: z.int().min(2400).max(14_400).default(14_400).describe('Highest speed on the line, bit/s.'),
    network: z
      .enum(['pstn', 'pbx', 'voip'])
      .default('pstn')
      .describe('What the line leads to: the telephone network, a private exchange, a voice over IP adapter.'),
    compression: z
      .enum(['MH', 'MR', 'MMR'])
      .default('MMR')
      .describe('Densest coding of pages that is agreed on. MMR takes the least time, and needs error correction.'),
    errorCorrection: z
      .boolean()
      .default(true)
      .describe('Whether pages go with error correction (ECM) when both modems have it.'),
    deliverTo: z
      .array(mailAddress)
      .default([])
      .describe('Who gets faxes that come in here; empty for the general choice.'),
  })
  .describe('A fax line: a modem and what it may do.');

const hours = z
  .array(
    z.string().refine((text) => parseHours(text) !== undefined, { error: 'is not hours such as Mon-Fri 08:00-18:00' }),
  )
  .default([]);

/** What is done about calls that end in one way. */
const retry = (calls: number, waits: readonly string[], about: string) =>
  z
    .strictObject({
      calls: z.int().min(1).max(50).default(calls).describe('Such calls before the fax is given up.'),
      waits: z
        .array(duration)
        .prefault([...waits])
        .describe('Waits after them, the last one again and again; empty for those of all calls.'),
    })
    .prefault({})
    .describe(about);

const fax = z
  .strictObject({
    lines: z.array(faxLine).default([]).describe('The fax lines.'),
    deliverTo: z.array(mailAddress).default([]).describe('Who gets received faxes; empty for the postmaster.'),
    dialPlan: z
      .string()
      .superRefine((text, context) => {
        const reading = compileDialPlan(text);
        if (reading.kind === 'plan') return;
        for (const { line, message } of reading.problems)
          context.addIssue({ code: 'custom', message: `line ${line}: ${message}` });
      })
      .default(defaultDialPlan)
      .describe("Rules that rewrite, accept and reject numbers, in the language of Courier's faxrc."),
    paper: z.enum(['a4', 'letter']).default('a4').describe('Paper that pages are laid out for.'),
    coverPage: z.boolean().default(true).describe('Whether a cover page goes first.'),
    organisation: z.string().max(100).default('').describe('Name on cover page and header line.'),
    headerLine: z.boolean().default(true).describe('Whether each page has a line with date, station and page number.'),
    maxPages: z.int().min(1).max(5000).default(300).describe('Longest fax, in pages.'),
    callAttempts: z.int().min(1).max(50).default(12).describe('Calls before a fax is given up, whatever time is left.'),
    retrySchedule: z
      .array(duration)
      .min(1)
      .prefault(['1m', '3m', '5m', '10m', '15m', '30m', '60m'])
      .describe('Waits between calls; the last one again and again.'),
    retries: z
      .strictObject({
        busy: retry(12, ['1m', '2m', '3m', '5m', '10m', '20m'], 'The number was busy.'),
        noAnswer: retry(6, ['5m', '15m', '30m', '60m'], 'Nobody answered.'),
        noFax: retry(
          3,
          ['5m', '30m'],
          'Somebody answered who is no fax machine, and should not be whistled at for long.',
        ),
        lost: retry(8, ['1m', '3m', '10m', '30m'], 'The connection was lost, or pages arrived unreadable.'),
        refused: retry(
          3,
          ['15m', '60m'],
          'The modem would not dial, as some do after several calls to a number in vain.',
        ),
      })
      .prefault({})
      .describe('Further calls by how the last one ended.'),
    hours: hours.describe(
      'When faxes are sent, such as Mon-Fri 08:00-18:00; empty for always. Urgent ones go at any time.',
    ),
    cheapHours: hours.describe('When faxes of low priority are sent, such as 22:00-06:00; empty for when all are.'),
    pageAttempts: z.int().min(1).max(10).default(3).describe('Tries for one page in one call.'),
    keepTime: duration
      .prefault('365d')
      .describe('Faxes are kept in the archive for so long after they were sent or received; 0 keeps none.'),
    keepSize: size
      .prefault('1G')
      .describe('Space that the archive of faxes may take; beyond it the oldest go first. A page takes some 50k.'),
  })
  .prefault({})
  .describe('Faxes.');

const documents = z
  .strictObject({
    timeout: duration.prefault('2m').describe('Time that one attachment may take to become pages.'),
    memory: size.prefault('512M').describe('Memory that a converter may use.'),
    maxPixels: z.int().default(100_000_000).describe('Largest picture, in pixels.'),
    parallel: z.int().min(1).max(16).default(1).describe('Documents converted at one time.'),
  })
  .prefault({})
  .describe('From documents to fax pages.');

const panel = z
  .strictObject({
    http: listener(8080, 'The web panel; leads to HTTPS where that is served (port 80 on the appliance).'),
    https: listener(8443, 'The web panel with TLS (port 443 on the appliance).', false),
    administrators: z
      .array(mailAddress)
      .default([])
      .describe('People who may do everything in the panel, with the password of their mailbox.'),
    operators: z
      .array(mailAddress)
      .default([])
      .describe('People who look after mail and faxes in the panel, and change no settings.'),
    requireSecondFactor: z
      .enum(['nobody', 'administrators', 'operators', 'everybody'])
      .default('nobody')
      .describe(
        'Who must have a second factor beside the password; who has none sets one up first. Operators: administrators as well.',
      ),
    sessionIdle: duration.prefault('2h').describe('A login ends when nothing is done in the panel for so long.'),
    sessionLength: duration.prefault('12h').describe('A login ends after so long in any case.'),
    reach: z
      .enum(['lan', 'networks', 'everywhere'])
      .default('lan')
      .describe(
        'From where the panel may be opened: the local network of the box, this and the networks below, or everywhere.',
      ),
    networks: z
      .array(network)
      .default([])
      .describe('Networks beside the local one from which the panel may be opened, such as 203.0.113.0/24.'),
  })
  .prefault({})
  .describe('The web panel.');

const exchange = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Whether the simulated telephone exchange runs: for trying without a modem.'),
    speedFactor: z
      .number()
      .min(1)
      .max(10_000)
      .default(20)
      .describe('How much faster than real lines the simulated ones are.'),
  })
  .prefault({})
  .describe('The simulated telephone exchange.');

const log = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('Events from this level up are written.'),
    format: z.enum(['text', 'json']).default('text').describe('text for people, json for programs.'),
    kept: z.boolean().default(false).describe('Whether the log is also kept in the data folder, the last 32 MB of it.'),
  })
  .prefault({})
  .describe('The log.');

const mailLog = z
  .strictObject({
    keep: duration.prefault('90d').describe('How long it is remembered what happened to a message.'),
    maxSize: size.prefault('200M').describe('Space for it; when it is used up, the oldest messages are forgotten.'),
    subjects: z.boolean().default(true).describe('Whether subjects are remembered, too.'),
  })
  .prefault({})
  .describe('The log of mail: what happened to each message.');

const summary = z
  .strictObject({
    daily: z.boolean().default(false).describe('Whether a summary of each day is mailed on the next morning.'),
    weekly: z.boolean().default(false).describe('Whether a summary of each week is mailed on Monday morning.'),
    monthly: z.boolean().default(false).describe('Whether a summary of each month is mailed on the first of the next.'),
    hour: z.int().min(0).max(23).default(6).describe('Hour of the morning at which summaries are mailed.'),
    to: z.array(mailAddress).default([]).describe('Who gets summaries; empty for the postmaster.'),
  })
  .prefault({})
  .describe('Summaries of mail and faxes, by mail.');

export const configSchema = z
  .strictObject({
    version: z.literal(1).default(1).describe('Form of this file.'),
    name: domainName.prefault('localhost').describe('Full name of the box: in greetings, Received fields and reports.'),
    postmaster: z
      .union([mailAddress, z.literal('')])
      .default('')
      .describe('Who gets mail for postmaster, and faxes that nobody else gets.'),
    loginLimit: z
      .strictObject({
        attempts: z.int().min(1).max(1000).default(10).describe('Wrong passwords before further ones must wait.'),
        window: duration.prefault('10m').describe('Time in which they are counted.'),
      })
      .prefault({})
      .describe('Protection against guessing of passwords, by account and by address.'),
    smtp,
    queue,
    outbound,
    mailboxes,
    imap,
    pop3,
    fax,
    documents,
    exchange,
    panel,
    log,
    mailLog,
    summary,
    system: systemSettings,
  })
  .describe('Configuration of a Caselli box.');

/** The configuration as the program uses it: complete, time spans in ms, sizes in bytes. */
export type Config = z.output<typeof configSchema>;

/** The configuration as it is written: every setting may be missing, time spans and sizes are text. */
export type ConfigDocument = z.input<typeof configSchema>;

export type FaxLineConfig = Config['fax']['lines'][number];

/** A wrong setting: where, and what is wrong with it. */
export interface ConfigProblem {
  /** `smtp.submission.port`. */
  readonly path: string;
  readonly message: string;
}

export type ConfigReading =
  | { readonly kind: 'valid'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigProblem[] };

/** Reads a document strictly: unknown settings are problems, since they are most often misspelled ones. */
export function readConfig(document: unknown): ConfigReading {
  const result = configSchema.safeParse(document, { error: wording });
  if (result.success) return { kind: 'valid', config: result.data };
  const problems = result.error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is no setting of this version' }));
  });
  return { kind: 'invalid', problems };
}

/** What is wrong with a value, to be read after the path of its setting; the checks of `values.ts` have words of their own. */
function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${amounts[issue.origin] ?? ''}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${amounts[issue.origin] ?? ''}`;
    case 'invalid_union':
      return 'is no value that may stand here';
    default:
      return undefined;
  }
}

const kinds: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  string: 'text in quotes',
  array: 'a list, such as ["one", "two"]',
  object: 'a group of settings, such as {"name": "value"}',
};

const amounts: Readonly<Record<string, string>> = { string: ' characters long', array: ' entries long' };
