import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type AdminApi, AdminError, exitCodes } from '../../admin/admin-api.ts';
import type {
  BackupContent,
  BackupList,
  BackupMade,
  BackupResult,
  BackupSource,
  RestoreView,
} from '../../admin/backup-admin.ts';
import type { MailboxRestored } from '../../admin/mailbox-restore.ts';
import type { Content } from '../../lib/durable.ts';
import { plural } from '../../lib/words.ts';
import { connectAdmin } from '../admin-socket.ts';
import { type Call, type Command, choiceOption, textOption, UsageError } from '../command.ts';
import { toOutput } from '../output-file.ts';
import { askSecret } from '../secret-prompt.ts';
import { localTime, printable, sizeText, table } from '../table.ts';

const places = ['usb', 'sftp', 's3'] as const;
const passphraseLimit = 1024;

/** From a file, else the environment, else asked for; empty for the one of the settings. */
async function passphraseOf(call: Call, question: string): Promise<string> {
  const file = textOption(call, 'passphrase-file');
  if (file !== '') {
    const [line = ''] = (await readFile(resolve(file), 'utf8')).split(/\r?\n/);
    if (line === '' || line.length > passphraseLimit)
      throw new UsageError(`${file} holds no passphrase in its first line`);
    return line;
  }
  const given = process.env.CASELLI_PASSPHRASE ?? '';
  if (given !== '' || question === '' || !call.terminal.isInteractive) return given;
  return askSecret(question, call.terminal);
}

const passphraseOption = { 'passphrase-file': { type: 'string' } } as const;
const passphraseHelp = `The passphrase is the first line of --passphrase-file, else $CASELLI_PASSPHRASE, else that of the settings
(system.backup.passphrase). It is the age format: age -d FILE | tar -t reads a backup without Caselli.
`;

/** The backup that a command reads: a file, `-` for standard input, or a name at a destination. */
async function sourceOf(call: Call): Promise<{ source: BackupSource; content: Content }> {
  const from = choiceOption(call, 'from', places);
  const file = call.arguments[0]!;
  if (from === '' && file !== '-' && !existsSync(file))
    throw new AdminError(exitCodes.noInput, `there is no file ${file}`);
  const passphrase = await passphraseOf(call, file === '-' ? '' : 'Passphrase of the backup: ');
  const content = from !== '' ? [] : file === '-' ? call.terminal.stdin : createReadStream(file);
  return { source: { passphrase, from, name: from === '' ? '' : file }, content };
}

function tallyText(tally: BackupContent['tally']): string {
  return Object.entries(tally)
    .map(([what, count]) => `  ${printable(what)}: ${count}\n`)
    .join('');
}

function contentText({ at, what, box, program, databases, tally }: BackupContent): string {
  const kind = what === 'all' ? 'Everything' : 'Settings and people';
  const counted = `${plural(databases, 'database')} checked`;
  return `${kind} of ${printable(box)}, ${localTime(at)}, by Caselli ${program}; ${counted}.\n${tallyText(tally)}`;
}

const resultText = ({ at, to, what, name, sizeBytes, error }: BackupResult): readonly string[] => [
  localTime(at),
  to,
  what,
  error === '' ? sizeText(sizeBytes) : '',
  printable(error || name),
];

async function restoreWhole(call: Call): Promise<void> {
  const { source, content } = await sourceOf(call);
  const options = { network: call.options.network === true, release: call.options['release-queue'] === true };
  const running = await connectAdmin(call.data);
  const restore = (api: AdminApi): Promise<RestoreView> => api.backupRestore({ ...source, ...options }, content);
  let view: RestoreView;
  if (running) {
    view = await restore(running);
  } else {
    // Also where there is no box yet.
    const stopped = await call.box.openData(call.data);
    try {
      view = await restore(stopped.api);
    } finally {
      await stopped.close();
    }
    // The restored data takes its place when it is opened.
    await (await call.box.openData(call.data)).close();
  }
  call.report(view, (done: RestoreView) => {
    const held =
      done.held > 0
        ? `${plural(done.held, 'message')} of the queue on hold (caselli queue list): what was waiting then may have left since.\n`
        : '';
    const next = !running
      ? 'The data is restored.\n'
      : done.restarts
        ? 'The box starts again now, with the restored data.\n'
        : 'The backup is checked and ready: stop the box and start it again, and it comes up with the restored data.\n';
    return contentText(done) + held + next;
  });
}

async function restoreOneMailbox(call: Call, address: string): Promise<void> {
  const { source, content } = await sourceOf(call);
  const api = await call.api();
  const what = { address, folder: textOption(call, 'folder'), inPlace: call.options['in-place'] === true };
  call.report(await api.backupRestoreMailbox({ ...source, ...what }, content), (done: MailboxRestored) => {
    const into = done.folders.length > 0 ? ` into ${done.folders.map(printable).join(', ')}` : '';
    return `${plural(done.restored, 'message')} put back${into}; ${done.present} were there already.\n`;
  });
}

async function backupToOutput(call: Call, passphrase: string): Promise<void> {
  const out = textOption(call, 'out');
  if (out === '' && process.stdout.isTTY && call.terminal.isInteractive)
    throw new UsageError('say where the backup goes: --out FILE, --to usb, sftp or s3, or > FILE');
  if (out === '' && call.options.json) throw new UsageError('--json goes with --out or --to');
  const api = await call.api();
  const made = await toOutput(call, out, (output) =>
    api.backupCreate({ config: call.options.config === true, passphrase }, output),
  );
  if (out === '') return;
  call.report(made, ({ sizeBytes, tally }: BackupMade) => `${out}: ${sizeText(sizeBytes)}\n${tallyText(tally)}`);
}

export const systemBackupCommands: readonly Command[] = [
  {
    name: 'system backup',
    usage: '[--config] [--out FILE | --to usb|sftp|s3]',
    summary: 'make an encrypted backup of everything, while the box runs',
    help: `--config  settings and people only, no mail
--out     file to write; without it and --to the backup goes to standard output
--to      destination of the settings below system.backup; old ones there are removed (system.backup.keep)
${passphraseHelp}`,
    options: { ...passphraseOption, config: { type: 'boolean' }, out: { type: 'string' }, to: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const to = choiceOption(call, 'to', places);
      if (to !== '' && textOption(call, 'out') !== '') throw new UsageError('say either --out or --to');
      const passphrase = await passphraseOf(call, '');
      if (to === '') {
        await backupToOutput(call, passphrase);
        return 0;
      }
      const config = call.options.config === true;
      call.report(
        await (await call.api()).backupRun({ to, config, passphrase }),
        ({ name, sizeBytes }: BackupResult) => {
          return `${name} (${sizeText(sizeBytes)}) is at its destination (${to}).\n`;
        },
      );
      return 0;
    },
  },
  {
    name: 'system backup list',
    usage: '[--to usb|sftp|s3]',
    summary: 'show how the last backups went, and what a destination holds',
    options: { to: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const to = choiceOption(call, 'to', places);
      call.report(await (await call.api()).backupList({ to }), ({ results, stored, progress }: BackupList) => {
        const now = progress < 0 ? '' : `A backup is being made: ${progress} % done.\n`;
        const headings = ['WHEN', 'TO', 'WHAT', 'SIZE', 'RESULT'];
        const done = results.length === 0 ? 'No backup was made yet.\n' : table(headings, results.map(resultText));
        const rows = stored.map(({ name, sizeBytes }) => [printable(name), sizeText(sizeBytes)]);
        const there =
          to === '' ? '' : rows.length === 0 ? `\nNo backup is there (${to}).\n` : `\n${table(['NAME', 'SIZE'], rows)}`;
        return now + done + there;
      });
      return 0;
    },
  },
  {
    name: 'system backup verify',
    usage: 'FILE|- | NAME --from usb|sftp|s3',
    summary: 'restore a backup into a temporary place, count, and check its databases',
    help: passphraseHelp,
    options: { ...passphraseOption, from: { type: 'string' } },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const { source, content } = await sourceOf(call);
      const api = await call.api();
      call.report(
        await api.backupVerify(source, content),
        (found: BackupContent) => `The backup is whole. ${contentText(found)}`,
      );
      return 0;
    },
  },
  {
    name: 'system restore',
    usage:
      '(FILE|- | NAME --from usb|sftp|s3) [--mailbox ADDRESS [--folder NAME] [--in-place]] [--network] [--release-queue] | --cancel',
    summary: 'restore a backup: all of it, or missing messages of one mailbox',
    help: `The backup is read and checked whole first; what is wrong with it changes nothing. A running box takes it when it starts
again, and until then --cancel gives it up.
--mailbox        only the messages of this account that are missing, while the box runs, into folders below "Restored"
--folder         of these only one folder; --in-place puts them back where they were
--network        takes the network settings too when the backup is of another board
--release-queue  sends what was waiting in the queue; otherwise what would leave the box is put on hold, since it may have
                 been sent after the backup was made
${passphraseHelp}`,
    options: {
      ...passphraseOption,
      from: { type: 'string' },
      mailbox: { type: 'string' },
      folder: { type: 'string' },
      'in-place': { type: 'boolean' },
      network: { type: 'boolean' },
      'release-queue': { type: 'boolean' },
      cancel: { type: 'boolean' },
    },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      if (call.options.cancel === true) {
        call.report(await (await call.api()).backupRestoreCancel(), ({ cancelled }: { cancelled: boolean }) =>
          cancelled ? 'The restore was given up; nothing was changed.\n' : 'No restore was waiting.\n',
        );
        return 0;
      }
      if (call.arguments.length === 0)
        throw new UsageError('say which backup: a file, - for standard input, or a NAME --from usb');
      const address = textOption(call, 'mailbox');
      if (address === '' && (call.options.folder !== undefined || call.options['in-place'] === true))
        throw new UsageError('--folder and --in-place go with --mailbox');
      await (address === '' ? restoreWhole(call) : restoreOneMailbox(call, address));
      return 0;
    },
  },
  {
    name: 'system support',
    usage: '[--out FILE]',
    summary: 'write what somebody who helps needs to see: findings, settings without secrets, logs',
    help: 'A tar.gz, to standard output without --out. It holds no mail, no faxes and no passwords; it does hold addresses.\n',
    options: { out: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const out = textOption(call, 'out');
      if (out === '' && (process.stdout.isTTY || call.options.json))
        throw new UsageError('say where it goes: --out FILE');
      const api = await call.api();
      const made = await toOutput(call, out, (output) => api.systemSupport({}, output));
      if (out === '') return 0;
      call.report(
        made,
        ({ files, sizeBytes }: typeof made) => `${out}: ${plural(files.length, 'file')}, ${sizeText(sizeBytes)}\n`,
      );
      return 0;
    },
  },
];
