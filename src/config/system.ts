import { z } from 'zod';
import { domainName, duration, ipAddress, mailAddress, network, secret, timeZone } from './values.ts';

/**
 * Settings of the machine itself: on a box they are applied by `system/`; elsewhere they are kept and change nothing.
 * One group, since they are one screen of the panel.
 */

const networkSettings = z
  .strictObject({
    mode: z.enum(['dhcp', 'fixed']).default('dhcp').describe('Whether the address comes from the network or is fixed.'),
    interface: z
      .string()
      .regex(/^[a-z0-9]{0,15}$/, { error: 'is no name of a network card' })
      .default('')
      .describe('Network card; empty for the first one with a cable.'),
    address: network.nullable().default(null).describe('Fixed address with prefix length: 192.168.1.5/24.'),
    gateway: ipAddress.nullable().default(null).describe('Router, for a fixed address.'),
    dns: z.array(ipAddress).max(4).default([]).describe('Name servers; empty for those that DHCP tells.'),
    mdns: z.boolean().default(true).describe('Whether the box is found in the LAN as NAME.local.'),
  })
  .prefault({})
  .describe('The network card of the box.');

const time = z
  .strictObject({
    zone: timeZone.default('UTC').describe('Time zone: Europe/Rome.'),
    servers: z
      .array(z.string().min(1).max(253))
      .max(8)
      .default(['0.debian.pool.ntp.org', '1.debian.pool.ntp.org', '2.debian.pool.ntp.org'])
      .describe('Time servers (SNTP); empty to trust the clock of the machine.'),
  })
  .prefault({})
  .describe('Time.');

const update = z
  .strictObject({
    url: z
      .union([z.url({ protocol: /^https?$/ }), z.literal('')])
      .default('')
      .describe('Where updates are looked for; empty for nowhere.'),
    check: z.enum(['off', 'daily', 'weekly']).default('off').describe('How often updates are looked for.'),
    install: z.boolean().default(false).describe('Whether an update that was found is installed at the hour below.'),
    hour: z.int().min(0).max(23).default(3).describe('Hour of the day at which the box may start again.'),
  })
  .prefault({})
  .describe('Updates.');

const ssh = z
  .strictObject({
    keys: z
      .array(z.string().min(1).max(8192))
      .max(20)
      .default([])
      .describe('Public keys that may log in while SSH is on.'),
    onFor: duration.prefault('24h').describe('SSH is switched off again after so long.'),
  })
  .prefault({})
  .describe('SSH, for those who look after the machine; off until switched on.');

const lcd = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Whether a front panel is served; a box begins with it on.'),
    host: z.string().default('127.0.0.1').describe('Where LCDd listens.'),
    port: z.int().min(1).max(65535).default(13666).describe('Its TCP port.'),
    menu: z
      .enum(['all', 'look'])
      .default('all')
      .describe('What its keys may do: all that the menu has, or only look, where others than the office come by.'),
  })
  .prefault({})
  .describe('The front panel, through LCDproc.');

const usbDestination = z
  .strictObject({
    label: z.string().max(64).default('').describe('Name of the stick; empty for the only one that is plugged in.'),
    folder: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'is not 1 to 64 of letters, digits, - and _' })
      .default('caselli')
      .describe('Folder on the stick.'),
  })
  .prefault({})
  .describe('Backups on a USB stick.');

const sftpDestination = z
  .strictObject({
    host: z.string().max(253).default('').describe('Name or address of the SFTP server.'),
    port: z.int().min(1).max(65535).default(22).describe('Its port.'),
    user: z.string().max(255).default('').describe('Name to log in with.'),
    password: secret(z.string().max(1024).default('').describe('Password to log in with; empty when a key is used.')),
    privateKey: secret(z.string().max(16_384).default('').describe('Private key (OpenSSH form) to log in with.')),
    hostKey: z
      .string()
      .regex(/^(?:SHA256:[A-Za-z0-9+/]{43})?$/, { error: 'is no fingerprint such as SHA256:47DEQpj8HBSa…' })
      .default('')
      .describe("Fingerprint of the server's key; a first try says what the server shows."),
    folder: z.string().max(1024).default('caselli').describe('Folder on the server; made when it is not there.'),
  })
  .prefault({})
  .describe('Backups on an SFTP server.');

const s3Destination = z
  .strictObject({
    endpoint: z
      .union([z.url({ protocol: /^https?$/ }), z.literal('')])
      .default('')
      .describe('Address of the store: https://s3.eu-central-1.amazonaws.com'),
    region: z.string().max(64).default('auto').describe('Its region.'),
    bucket: z
      .string()
      .regex(/^(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/, { error: 'is no name of a bucket' })
      .default('')
      .describe('Bucket; must be there.'),
    prefix: z
      .string()
      .regex(/^(?:[A-Za-z0-9_.-]+\/)*$/, { error: 'is no prefix such as office/' })
      .default('')
      .describe('What the names of backups begin with: office/'),
    accessKey: secret(z.string().max(256).default('').describe('Access key.')),
    secretKey: secret(z.string().max(256).default('').describe('Secret key.')),
  })
  .prefault({})
  .describe('Backups in an S3-compatible store.');

const acme = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Whether the certificate comes from an authority in the internet.'),
    termsAgreed: z
      .boolean()
      .default(false)
      .describe('Whether you agree to the terms of that authority; without that nothing is asked of it.'),
    directory: z
      .url({ protocol: /^https$/ })
      .default('https://acme-v02.api.letsencrypt.org/directory')
      .describe("Address of the authority's ACME directory; that of Let's Encrypt unless changed."),
    email: z
      .union([mailAddress, z.literal('')])
      .default('')
      .describe('Address that the authority may write to; may be empty.'),
    names: z
      .array(domainName)
      .max(20)
      .default([])
      .describe('Further names for the certificate, beside that of the box; all must lead to it.'),
  })
  .prefault({})
  .superRefine(({ enabled, termsAgreed }, context) => {
    if (!enabled || termsAgreed) return;
    context.addIssue({
      code: 'custom',
      path: ['termsAgreed'],
      message: 'must be agreed to before this is switched on',
    });
  })
  .describe('A certificate by ACME. The authority must reach port 80 of the box under its name, from the internet.');

const certificate = z.strictObject({ acme }).prefault({}).describe('The certificate of the box.');

const backup = z
  .strictObject({
    schedule: z.enum(['off', 'daily', 'weekly']).default('off').describe('How often a backup is made by itself.'),
    weekday: z
      .enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'])
      .default('sunday')
      .describe('Day of weekly backups.'),
    hour: z.int().min(0).max(23).default(1).describe('Hour of the day at which it begins.'),
    what: z.enum(['all', 'config']).default('all').describe('all: mail, faxes, people and settings; config: no mail.'),
    to: z.enum(['usb', 'sftp', 's3']).default('usb').describe('Where backups go.'),
    keep: z.int().min(1).max(1000).default(7).describe('Backups kept there; older ones are removed.'),
    passphrase: secret(
      z
        .string()
        .max(1024)
        .refine((text) => text === '' || text.length >= 10, { error: 'is shorter than 10 characters' })
        .default('')
        .describe('What backups are encrypted with. Without it nobody can read them: keep it elsewhere too.'),
    ),
    usb: usbDestination,
    sftp: sftpDestination,
    s3: s3Destination,
  })
  .prefault({})
  .superRefine(({ schedule, passphrase }, context) => {
    if (schedule === 'off' || passphrase !== '') return;
    context.addIssue({ code: 'custom', path: ['passphrase'], message: 'is missing: backups are encrypted with it' });
  })
  .describe('Backups.');

export const systemSettings = z
  .strictObject({ network: networkSettings, time, update, ssh, lcd, certificate, backup })
  .prefault({})
  .describe('The machine.');
