import { createReadStream, existsSync } from 'node:fs';
import { type AdminApi, AdminError, exitCodes } from '../../admin/admin-api.ts';
import type { InstallationView, SlotsView, UpdateView } from '../../admin/update-admin.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { type Call, type Command, UsageError } from '../command.ts';
import { localTime, printable, sizeText, table } from '../table.ts';

/** How often the terminal is told how far it is. */
const progressPauseMs = 1000;

async function install(call: Call): Promise<InstallationView> {
  const [file] = call.arguments;
  const { usb, url } = call.options;
  if ([file !== undefined, usb === true, url === true].filter(Boolean).length !== 1)
    throw new UsageError('say where the update is: a FILE, --usb or --url');
  if (file !== undefined && file !== '-' && !existsSync(file))
    throw new AdminError(exitCodes.noInput, `there is no file ${file}`);
  const api = await call.api();
  const allowDowngrade = call.options['allow-downgrade'] === true;
  return withProgress(call, api, () => {
    if (file === undefined) return api.updateInstallFrom({ from: usb === true ? 'usb' : 'url', allowDowngrade });
    return api.updateInstall({ allowDowngrade }, file === '-' ? call.terminal.stdin : createReadStream(file));
  });
}

/** Shows a person how far it is while it lasts. */
async function withProgress<T>(call: Call, api: AdminApi, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const shown = call.terminal.isInteractive && call.options.json !== true ? show(call, api, ended.signal) : undefined;
  try {
    return await work();
  } finally {
    ended.abort();
    await shown;
  }
}

async function show({ terminal }: Call, api: AdminApi, ended: AbortSignal): Promise<void> {
  let said = '';
  while (!ended.aborted) {
    await sleep(systemClock, progressPauseMs, ended).catch(() => {});
    if (ended.aborted) break;
    const { progress } = await api.updateStatus();
    if (!progress) continue;
    const { step, bytes, totalBytes } = progress;
    said = step === 'writing' ? `writing, ${Math.floor((bytes / totalBytes) * 100)} %` : 'reading back';
    terminal.error(`\r${said.padEnd(20)}`);
  }
  if (said !== '') terminal.error(`\r${' '.repeat(20)}\r`);
}

function installationText(view: InstallationView): string {
  const { version, board, builtAt, sizeBytes, signedBy, notes, slot, note, restartHour } = view;
  const signed =
    signedBy === '' ? 'signed by nobody this machine trusts' : `signed with the key ${printable(signedBy)}`;
  const what = `Version ${version} for ${board}, built ${localTime(builtAt)}, ${sizeText(sizeBytes)}, ${signed}.\n`;
  const news = notes === '' ? '' : `\n${printable(notes).trimEnd()}\n\n`;
  if (slot === '') return `${what}${news}${note}\n`;
  const hour = `${String(restartHour).padStart(2, '0')}:00`;
  return `${what}${news}Installed. The box starts again with it at ${hour}, or at once: caselli system reboot --yes\n`;
}

function statusText(view: UpdateView): string {
  const { version, box, developmentKey, confirmed, sentence, found, checkedAt, checkProblem, progress } = view;
  const running = `Version ${version} is running${box && !confirmed ? ', not confirmed yet' : ''}.`;
  const step = progress?.step === 'checking' ? 'read back' : 'written';
  const lines = [
    box ? running : `${running} This machine is no Caselli box: it is not updated.`,
    ...(developmentKey ? ['This is a development image: it takes updates signed with the development key.'] : []),
    ...(sentence === '' ? [] : [sentence]),
    ...(progress ? [`${sizeText(progress.bytes)} of ${sizeText(progress.totalBytes)} ${step}.`] : []),
    ...(found ? [`Version ${found.version} can be installed: caselli system update --url`] : []),
    ...(checkedAt === '' ? [] : [`Updates were last looked for ${localTime(checkedAt)}${checkProblem ? ':' : '.'}`]),
    ...(checkProblem === '' ? [] : [`  ${checkProblem}`]),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function slotsText({ running, next, slots, damaged }: SlotsView): string {
  const rows = slots.map(({ slot, version, ok, tries }) => [
    slot,
    version || 'none',
    ok ? 'whole' : 'not whole',
    String(tries),
    [...(slot === running ? ['running'] : []), ...(slot === next ? ['starts next'] : [])].join(', '),
  ]);
  const note = damaged ? 'The file that chooses between them was damaged; it is written anew.\n' : '';
  return table(['SYSTEM', 'VERSION', 'STATE', 'TRIES', ''], rows) + note;
}

export const systemUpdateCommands: readonly Command[] = [
  {
    name: 'system update',
    usage: 'FILE | --usb | --url [--allow-downgrade]',
    summary: 'install an update (a .cas file; - is standard input)',
    help:
      '--usb takes the newest one from the top folder of a USB stick, --url that of system.update.url. The running system is left\n' +
      'as it is; the new one runs from the next start on, and when it does not come up, the former one runs again.\n' +
      'Older versions are refused without --allow-downgrade. On a machine that is no box the file is checked and described.\n',
    options: { usb: { type: 'boolean' }, url: { type: 'boolean' }, 'allow-downgrade': { type: 'boolean' } },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const view = await install(call);
      call.report(view, installationText);
      return view.slot === '' ? exitCodes.unavailable : 0;
    },
  },
  {
    name: 'system update status',
    usage: '',
    summary: 'show what runs, what became of the last update, and what there is to install',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).updateStatus(), statusText);
      return 0;
    },
  },
  {
    name: 'system update check',
    usage: '',
    summary: 'look now whether there is a newer version at system.update.url',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).updateCheck(), statusText);
      return 0;
    },
  },
  {
    name: 'system slots',
    usage: '',
    summary: 'show the two systems of the box and which one starts',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).slotList(), slotsText);
      return 0;
    },
  },
];
