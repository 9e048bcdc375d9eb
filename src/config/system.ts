import { z } from 'zod';
import { duration, ipAddress, network } from './values.ts';

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
    zone: z.string().default('UTC').describe('Time zone: Europe/Rome.'),
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
    enabled: z.boolean().default(true).describe('Whether a front panel is served, when there is one.'),
    host: z.string().default('127.0.0.1').describe('Where LCDd listens.'),
    port: z.int().min(1).max(65535).default(13666).describe('Its TCP port.'),
  })
  .prefault({})
  .describe('The front panel, through LCDproc.');

export const systemSettings = z
  .strictObject({ network: networkSettings, time, update, ssh, lcd })
  .prefault({})
  .describe('The machine.');
