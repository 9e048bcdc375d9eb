import { z } from 'zod';
import { instant, list, view } from './view.ts';

/** One thing that the doctor looked at. */
export const finding = view({
  id: z.string(),
  level: z.enum(['ok', 'note', 'wrong']),
  sentence: z.string(),
  advice: z.string().describe('What to do; empty when nothing.'),
});
export type Finding = z.infer<typeof finding>;

export const healthView = view({
  state: z.string(),
  at: instant,
  reasons: list(view({ probe: z.string(), reason: z.string() })),
});
export type HealthView = z.infer<typeof healthView>;

export const networkView = view({
  interface: z.string(),
  link: z.boolean(),
  mode: z.enum(['dhcp', 'fixed']),
  hostName: z.string(),
  addresses: list(z.string()),
  gateway: z.string(),
  gatewayAnswers: z.boolean(),
  dns: list(z.string()),
  trialUntil: instant.describe('When a change that nobody has confirmed is undone; empty when nothing is on trial.'),
});
export type NetworkView = z.infer<typeof networkView>;

export const networkChange = view({
  mode: z.enum(['dhcp', 'fixed']),
  interface: z.string(),
  address: z.string(),
  gateway: z.string(),
  dns: list(z.string()),
});
export type NetworkChange = z.infer<typeof networkChange>;

export const timeView = view({
  now: instant,
  zone: z.string(),
  state: z.string(),
  offsetMs: z.number().nullable().describe('null while no server has answered.'),
  answeredAt: instant,
  servers: list(z.string()),
  problem: z.string(),
});
export type TimeView = z.infer<typeof timeView>;

export const sshView = view({
  on: z.boolean(),
  until: instant.describe('When it is switched off again; empty while it is off.'),
});
export type SshView = z.infer<typeof sshView>;

export const storageView = view({
  name: z.string(),
  label: z.string(),
  fileSystem: z.string(),
  sizeBytes: z.number(),
  model: z.string(),
});
export type StorageView = z.infer<typeof storageView>;

const octets = z.number().describe('Octets.');

export const machineView = view({
  name: z.string(),
  hostName: z.string().describe('Name in the local network, without .local.'),
  version: z.string(),
  box: z.boolean().describe('False on a machine that is no box; then board and slot are empty.'),
  board: z.string(),
  slot: z.string(),
  developmentKey: z.boolean(),
  rescue: z.boolean().describe('No slot was well: this one was started as a last resort.'),
  uptimeSeconds: view({ machine: z.number(), program: z.number() }),
  temperature: z.number().nullable().describe('Degrees Celsius; null where there is no sensor.'),
  load: list(z.number()),
  memory: view({ total: octets, available: octets, program: octets }),
  disk: view({ total: octets, free: octets }),
  health: healthView,
  clock: z.string(),
  network: networkView,
  watchdog: z.boolean(),
  passwordSet: z.boolean().describe('Whether the administrator has set a password for the panel.'),
});
export type MachineView = z.infer<typeof machineView>;
