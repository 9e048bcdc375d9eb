import { randomBytes } from 'node:crypto';
import { mostForwards } from '../../accounts/forward-rules.ts';
import { generatePassword } from '../../accounts/password.ts';
import { exitCodes, type UserView } from '../../admin/admin-api.ts';
import type { ImportedUser } from '../../admin/views/account-views.ts';
import type { ClientView } from '../../admin/views/client-views.ts';
import { size } from '../../config/values.ts';
import { type Call, type Command, readStdin, textOption, UsageError } from '../command.ts';
import { table } from '../table.ts';

/** Longest password line read. */
const passwordBytesLimit = 4096;
/** Longest list of people read. */
const listBytesLimit = 500_000;

/** The password of `--password-stdin` (its first line), or a generated one, which is then shown. */
async function newPassword(call: Call): Promise<{ password: string; generated: boolean }> {
  if (!call.options['password-stdin']) return { password: generatePassword(randomBytes), generated: true };
  const [password = ''] = (await readStdin(call.terminal, passwordBytesLimit)).split(/\r?\n/);
  if (password === '') throw new UsageError('standard input held no password');
  return { password, generated: false };
}

function importText(people: readonly ImportedUser[]): string {
  return table(
    ['LINE', 'ADDRESS', 'NAME', 'PASSWORD', 'RESULT'],
    people.map(({ line, address, fullName, password, problem, added }) => [
      String(line),
      address,
      fullName,
      password,
      problem || (added ? 'added' : 'would be added'),
    ]),
  );
}

function clientText({ address, services }: ClientView): string {
  return table(
    ['SERVICE', 'SERVER', 'PORT', 'SECURITY', 'USER NAME'],
    services.map(({ protocol, security, host, port }) => [
      { imap: 'IMAP', pop3: 'POP3', submission: 'outgoing (SMTP)' }[protocol],
      host,
      String(port),
      security === 'tls' ? 'SSL/TLS' : 'STARTTLS',
      address,
    ]),
  );
}

function yesOrNo(call: Call, option: string): boolean {
  const text = textOption(call, option);
  if (text !== 'yes' && text !== 'no') throw new UsageError(`--${option} takes yes or no`);
  return text === 'yes';
}

function quotaOf(text: string): number | null {
  if (text === 'default') return null;
  if (text === 'none') return 0;
  const read = size.safeParse(text);
  if (!read.success) throw new UsageError('--quota takes a size such as 500M or 5G, none, or default');
  return read.data;
}

const passwordOption = { 'password-stdin': { type: 'boolean' } } as const;
const passwordHelp = 'Without --password-stdin a password is made and shown once.\n';

export const userCommands: readonly Command[] = [
  {
    name: 'user add',
    usage: 'ADDRESS [--full-name NAME] [--no-fax] [--password-stdin]',
    summary: 'add an account with its mailbox',
    help: passwordHelp,
    options: { ...passwordOption, 'full-name': { type: 'string' }, 'no-fax': { type: 'boolean' } },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const { password, generated } = await newPassword(call);
      const user = await (await call.api()).userAdd({
        address: call.arguments[0]!,
        fullName: textOption(call, 'full-name'),
        password,
        fax: call.options['no-fax'] !== true,
      });
      call.report(generated ? { ...user, password } : user, ({ address }: UserView) =>
        generated ? `${address} was added; password: ${password}\n` : `${address} was added.\n`,
      );
      return 0;
    },
  },
  {
    name: 'user client-setup',
    usage: 'ADDRESS [--apple]',
    summary: 'show what mail programs need for a mailbox, or print the profile for iPhone, iPad and Mac',
    options: { apple: { type: 'boolean' } },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const who = { account: call.arguments[0]! };
      const api = await call.api();
      if (call.options.apple) await api.clientProfile(who, (chunk) => call.terminal.out(chunk));
      else call.report(await api.clientSetup(who), clientText);
      return 0;
    },
  },
  {
    name: 'user list',
    usage: '',
    summary: 'list the accounts',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).userList(), (users: readonly UserView[]) =>
        table(
          ['ADDRESS', 'NAME', 'MAY'],
          users.map(({ address, fullName, fax, disabled }) => [
            address,
            fullName,
            disabled ? 'nothing (disabled)' : fax ? 'mail, fax' : 'mail',
          ]),
        ),
      );
      return 0;
    },
  },
  {
    name: 'user change',
    usage: 'ADDRESS [--full-name NAME] [--fax yes|no] [--disabled yes|no] [--quota SIZE|none|default]',
    summary: "change an account's name, rights or quota",
    help: 'A quota is a size such as 500M or 5G, none for any amount, default for that of the settings.\n',
    options: {
      'full-name': { type: 'string' },
      fax: { type: 'string' },
      disabled: { type: 'string' },
      quota: { type: 'string' },
    },
    arguments: { min: 1, max: 1 },
    reports: true,
    async run(call) {
      const { options } = call;
      const change = {
        ...(options['full-name'] !== undefined && { fullName: textOption(call, 'full-name') }),
        ...(options.fax !== undefined && { fax: yesOrNo(call, 'fax') }),
        ...(options.disabled !== undefined && { disabled: yesOrNo(call, 'disabled') }),
        ...(options.quota !== undefined && { quotaBytes: quotaOf(textOption(call, 'quota')) }),
      };
      if (Object.keys(change).length === 0)
        throw new UsageError('nothing is to be changed: see caselli help user change');
      const user = await (await call.api()).userUpdate({ address: call.arguments[0]!, ...change });
      call.report(user, ({ address }: UserView) => `${address} was changed.\n`);
      return 0;
    },
  },
  {
    name: 'user import',
    usage: '[--dry-run] < LIST',
    summary: 'add the people of a list (CSV) on standard input',
    help: 'Columns: address, name, password, fax; missing passwords are made and shown once.\n',
    options: { 'dry-run': { type: 'boolean' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const text = await readStdin(call.terminal, listBytesLimit);
      const people = await (await call.api()).userImport({ text, dryRun: call.options['dry-run'] === true });
      call.report(people, importText);
      return people.some(({ problem }) => problem !== '') ? exitCodes.data : 0;
    },
  },
  {
    name: 'user passwd',
    usage: 'ADDRESS [--password-stdin]',
    summary: "change an account's password",
    help: passwordHelp,
    options: passwordOption,
    arguments: { min: 1, max: 1 },
    async run(call) {
      const { password, generated } = await newPassword(call);
      const address = call.arguments[0]!;
      await (await call.api()).userPassword({ address, password });
      call.terminal.out(
        generated ? `${address} has a new password: ${password}\n` : `${address} has a new password.\n`,
      );
      return 0;
    },
  },
  {
    name: 'user forward',
    usage: 'ADDRESS [TO…] [--no-copy]',
    summary: 'send mail of an account to other addresses as well',
    help: 'Without addresses it goes nowhere else. --no-copy keeps nothing in the own mailbox.\n',
    options: { 'no-copy': { type: 'boolean' } },
    arguments: { min: 1, max: 1 + mostForwards },
    reports: true,
    async run(call) {
      const [address = '', ...to] = call.arguments;
      const user = await (await call.api()).userForward({ address, to, keep: call.options['no-copy'] !== true });
      call.report(user, ({ address: of, forward }: UserView) => {
        if (forward.to.length === 0) return `Mail of ${of} is not forwarded.\n`;
        return `Mail of ${of} goes to ${forward.to.join(', ')}${forward.keep ? ', and stays' : ''}.\n`;
      });
      return 0;
    },
  },
  {
    name: 'user remove',
    usage: 'ADDRESS --yes [--keep-mail]',
    summary: 'remove an account and its mail',
    help: 'Takes --yes, because the mail cannot be had back; --keep-mail leaves the mailbox on disk.\n',
    options: { yes: { type: 'boolean' }, 'keep-mail': { type: 'boolean' } },
    arguments: { min: 1, max: 1 },
    async run(call) {
      const address = call.arguments[0]!;
      const keepMail = call.options['keep-mail'] === true;
      if (!call.options.yes && !keepMail) {
        throw new UsageError(`this removes all mail of ${address} for good; say --yes, or --keep-mail`);
      }
      await (await call.api()).userRemove({ address, keepMail });
      call.terminal.out(`${address} was removed${keepMail ? '; its mail was kept' : ' with its mail'}.\n`);
      return 0;
    },
  },
];
