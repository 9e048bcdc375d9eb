import { type Content, chunksOf } from '../lib/durable.ts';
import type { BoxFacts, Slot } from '../system/box.ts';
import { operations } from '../system/privileged/operations.ts';
import { choose } from '../system/slots/boot-state.ts';
import type { Installation } from '../system/update/installer.ts';
import { UpdateError } from '../system/update/update-error.ts';
import type { LastUpdate } from '../system/update/update-record.ts';
import { SourceError } from '../system/update/update-source.ts';
import type { Updater } from '../system/update/updater.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import { adminError } from './machine-admin.ts';
import type { InstallationView, SlotsView, UpdateView } from './views/update-views.ts';

export type { InstallationView, SlotsView, UpdateView } from './views/update-views.ts';

/** Updates of the box and its two systems. */
export interface UpdateAdmin {
  /** Installs the update that follows; on a machine that is no box it is read and checked only. */
  updateInstall(what: { allowDowngrade: boolean }, content: Content): Promise<InstallationView>;
  /** Installs the newest one of a USB stick or of the configured address. */
  updateInstallFrom(what: { from: 'usb' | 'url'; allowDowngrade: boolean }): Promise<InstallationView>;
  /** Looks at the configured address now. */
  updateCheck(): Promise<UpdateView>;
  updateStatus(): Promise<UpdateView>;
  /** The two systems and which one starts. */
  slotList(): Promise<SlotsView>;
}

export interface UpdateAdminParts {
  readonly updater: Updater;
  /** Undefined on a machine that is no box. */
  readonly box: BoxFacts | undefined;
  /** The one that runs. */
  readonly version: string;
  readonly restartHour: () => number;
}

export function updateAdmin({ updater, box, version, restartHour }: UpdateAdminParts): UpdateAdmin {
  const installed = (done: Installation): InstallationView => ({
    ...installationView(done),
    restartHour: restartHour(),
  });
  const status = (): UpdateView => ({
    ...updateView(updater, version, box),
    restartHour: restartHour(),
  });
  return {
    updateInstall: ({ allowDowngrade }, content) =>
      inWords(async () => installed(await updater.install(asynchronous(content), { allowDowngrade }))),
    updateInstallFrom: ({ from, allowDowngrade }) =>
      inWords(async () => {
        if (from === 'usb') return installed(await updater.installFromStick({ allowDowngrade }));
        return installed(await updater.installFromUrl({ allowDowngrade }));
      }),
    updateCheck: () =>
      inWords(async () => {
        await updater.check();
        return status();
      }),
    updateStatus: async () => status(),
    slotList: () => inWords(() => slotsView(updater, box)),
  };
}

async function* asynchronous(content: Content): AsyncGenerator<Uint8Array> {
  yield* chunksOf(content);
}

function installationView({ manifest, signer, slot }: Installation): Omit<InstallationView, 'restartHour'> {
  const { version, board, builtAt, sizeBytes, notes } = manifest;
  const note =
    slot === undefined ? `This machine is no Caselli box: here it would ${operations['update.install'].would}.` : '';
  return { version, board, builtAt, sizeBytes, notes, signedBy: signer ?? '', slot: slot ?? '', note };
}

function updateView(updater: Updater, version: string, box: BoxFacts | undefined): Omit<UpdateView, 'restartHour'> {
  const { last, found, checkedAt, checkProblem, progress, confirmed } = updater.state;
  return {
    version,
    box: box !== undefined,
    developmentKey: box?.developmentKey ?? false,
    confirmed,
    sentence: last ? sentenceOf(last, version) : '',
    last: last ? { from: last.from, to: last.to, at: last.at, result: last.result, reason: last.reason } : null,
    found: found ?? null,
    checkedAt,
    checkProblem,
    progress: progress ?? null,
  };
}

/** For panel, front panel and mail. */
function sentenceOf({ to, result, reason }: LastUpdate, running: string): string {
  switch (result) {
    case 'installing':
      return `Version ${to} is being installed.`;
    case 'installed':
      return `Version ${to} is installed and runs from the next start on.`;
    case 'trial':
      return `Version ${to} is on trial: it stays when it has been well for three minutes.`;
    case 'confirmed':
      return `Version ${to} was installed and runs well.`;
    case 'rolled-back':
      return `Version ${to} did not come up; ${running} is running.`;
    case 'failed':
      return `Version ${to} was not installed: ${reason}`;
    case 'interrupted':
      return `Installing version ${to} was interrupted; ${running} is running.`;
  }
}

async function slotsView(updater: Updater, box: BoxFacts | undefined): Promise<SlotsView> {
  const { order, slots, damaged } = await updater.slots();
  const [A, B] = (['A', 'B'] as const).map((name) => slots.find(({ slot }) => slot === name));
  const state = (of: typeof A) => ({ ok: of?.ok ?? false, tries: of?.tries ?? 0 });
  const hasSystem = (slot: Slot): boolean => (slot === 'A' ? A : B)?.version !== '';
  const next = choose({ order, slots: { A: state(A), B: state(B) } }, hasSystem);
  return { running: box?.slot ?? '', next: next?.slot ?? '', slots, damaged };
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UpdateError) {
      const code = { refused: exitCodes.data, unavailable: exitCodes.unavailable }[error.kind];
      throw new AdminError(code, error.message, { cause: error });
    }
    if (error instanceof SourceError) throw new AdminError(exitCodes.unavailable, error.message, { cause: error });
    throw adminError(error);
  }
}
