import { z } from 'zod';

/**
 * Everything on a box that needs root: the closed list of operations of the one privileged helper. The program asks over
 * a Unix socket (`client.ts`), the helper checks the parameters again and does it (`helper.ts`, started by the socket's
 * listener for one connection and gone with it). An operation never takes a command, a path or a shell word from the program.
 */

const address = z.union([z.ipv4(), z.ipv6()]);
const cidr = z.union([z.cidrv4(), z.cidrv6()]);
const card = z.string().regex(/^[a-z0-9]{1,15}$/);
const hostLabel = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
/** Partition of a stick, as `storage.list` names it: sda1, mmcblk0p1. */
const partition = z.string().regex(/^(?:sd[a-z]{1,2}\d{0,2}|mmcblk\d(?:p\d{1,2})?|vd[a-z]\d{0,2})$/);

export interface OperationFacts {
  /** What would be done, for a machine that is no box. */
  readonly would: string;
  /** Bytes follow the request (`in`) or come before the result (`out`). */
  readonly stream?: 'in' | 'out';
  /** May take long (a slow stick): has a helper of its own, so that nothing waits behind it. As every one with a stream. */
  readonly isSlow?: true;
}

interface Operation<Parameters, Result> extends OperationFacts {
  readonly parameters: z.ZodType<Parameters>;
  readonly result: z.ZodType<Result>;
}

function operation<Parameters, Result>(one: Operation<Parameters, Result>): Operation<Parameters, Result> {
  return one;
}

const nothing = z.strictObject({});
const done = z.strictObject({});
const slot = z.enum(['A', 'B']);
const slotState = z.strictObject({
  slot,
  /** The installed version; empty when the slot holds no readable system. */
  version: z.string(),
  ok: z.boolean(),
  tries: z.int().min(0),
});

export const operations = {
  'network.apply': operation({
    parameters: z.strictObject({
      interface: card,
      /** null asks DHCP. */
      fixed: z.strictObject({ address: cidr, gateway: address.nullable(), dns: z.array(address).max(4) }).nullable(),
      hostName: hostLabel,
    }),
    result: done,
    would: 'set the address of the network card',
  }),
  'firewall.load': operation({
    parameters: z.strictObject({
      /** TCP ports open to everybody, and those open to the local networks only. */
      open: z.array(z.int().min(1).max(65535)).max(64),
      local: z.array(z.int().min(1).max(65535)).max(64),
      mdns: z.boolean(),
    }),
    result: done,
    would: 'load the firewall',
  }),
  /** By how much, not to what: the helper takes a moment to start. */
  'clock.step': operation({
    parameters: z.strictObject({ byMs: z.int() }),
    result: done,
    would: 'set the clock',
  }),
  'clock.slew': operation({
    parameters: z.strictObject({ byMs: z.number().min(-500).max(500) }),
    result: done,
    would: 'let the clock run a little faster or slower',
  }),
  'time.zone': operation({
    parameters: z.strictObject({ zone: z.string().regex(/^[A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+){0,2}$/) }),
    result: done,
    would: 'set the time zone',
  }),
  'slots.read': operation({
    parameters: nothing,
    result: z.strictObject({ order: z.array(slot), slots: z.array(slotState), damaged: z.boolean() }),
    would: 'read which system starts',
  }),
  /** The slot that runs is well: its tries are cleared and it is first from now on. */
  'slots.confirm': operation({ parameters: nothing, result: done, would: 'confirm the running system' }),
  /** A signed bundle follows; checked, written to the other slot, read back, made first. */
  'update.install': operation({
    parameters: z.strictObject({ allowDowngrade: z.boolean() }),
    result: z.strictObject({ version: z.string(), slot }),
    would: 'write the update to the other slot',
    stream: 'in',
  }),
  'storage.list': operation({
    parameters: nothing,
    result: z.strictObject({
      partitions: z.array(
        z.strictObject({
          name: partition,
          label: z.string(),
          fileSystem: z.string(),
          sizeBytes: z.number(),
          model: z.string(),
        }),
      ),
    }),
    would: 'look for USB sticks',
    isSlow: true,
  }),
  /** @returns the folder, below which the program may read, and write when asked. */
  'storage.mount': operation({
    parameters: z.strictObject({ name: partition, writable: z.boolean() }),
    result: z.strictObject({ folder: z.string() }),
    would: 'mount a USB stick',
    isSlow: true,
  }),
  'storage.unmount': operation({
    parameters: z.strictObject({ name: partition }),
    result: done,
    would: 'unmount a USB stick',
    isSlow: true,
  }),
  'ssh.switch': operation({
    parameters: z.strictObject({ on: z.boolean(), keys: z.array(z.string().max(8192)).max(20) }),
    result: done,
    would: 'switch SSH on or off',
  }),
  /** On the lights of the case, by what the board says that they show. */
  'lights.show': operation({
    parameters: z.strictObject({ running: z.boolean(), busy: z.boolean(), fault: z.boolean() }),
    result: done,
    would: 'set the lights of the case',
  }),
  'kernel.log': operation({
    parameters: nothing,
    result: done,
    would: 'read the log of the kernel',
    stream: 'out',
  }),
  /** Marks the data to be made anew at the next start, and starts again. */
  'factory.reset': operation({ parameters: nothing, result: done, would: 'erase all data and start anew' }),
  reboot: operation({ parameters: nothing, result: done, would: 'start the machine again' }),
  'power.off': operation({ parameters: nothing, result: done, would: 'switch the machine off' }),
} as const;

export type OperationName = keyof typeof operations;
export type OperationParameters<Name extends OperationName> = z.output<(typeof operations)[Name]['parameters']>;
export type OperationResult<Name extends OperationName> = z.output<(typeof operations)[Name]['result']>;

/** The way to ask for one: over the socket on a box; elsewhere an implementation that says what would be done. */
export interface Privileged {
  /**
   * @param input bytes of an operation whose `stream` is `in`
   * @param output takes the bytes of one whose `stream` is `out`
   * @throws PrivilegedError in words for people
   */
  run<Name extends OperationName>(
    name: Name,
    parameters: OperationParameters<Name>,
    streams?: {
      readonly input?: AsyncIterable<Uint8Array>;
      readonly output?: (chunk: Uint8Array) => Promise<void> | void;
    },
  ): Promise<OperationResult<Name>>;
  /** False on a machine that is no box. */
  readonly isBox: boolean;
}

export class PrivilegedError extends Error {
  override readonly name = 'PrivilegedError';
  /** `no-box`: this machine is none, nothing was done. `refused`: the parameters or the bundle were. `failed`: it was tried. */
  readonly kind: 'no-box' | 'refused' | 'failed';
  constructor(kind: PrivilegedError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
