import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { BookEntryView, BookImported } from '../../admin/views/desk-views.ts';
import { plural } from '../../lib/words.ts';
import { type Command, choiceOption, numberOption, textOption, UsageError } from '../command.ts';
import { printable, table } from '../table.ts';

const owner = { of: { type: 'string' } } as const;
const ownerHelp = 'The book is that of the office; with --of ADDRESS that of one person.\n';

function rows(entries: readonly BookEntryView[]): string {
  if (entries.length === 0) return 'The address book has no such entry.\n';
  const cells = entries.map(({ id, owner: of, name, company, fax, mail, groups }) =>
    [id, of || '(office)', name, company, fax, mail, groups.join(', ')].map(printable),
  );
  return table(['ENTRY', 'OF', 'NAME', 'COMPANY', 'FAX', 'MAIL', 'GROUPS'], cells);
}

export const bookCommands: readonly Command[] = [
  {
    name: 'book list',
    usage: '[--search TEXT] [--group NAME] [--of ADDRESS] [--limit N]',
    summary: 'list the address book',
    help: ownerHelp,
    options: { ...owner, search: { type: 'string' }, group: { type: 'string' }, limit: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const [search, group, account] = ['search', 'group', 'of'].map((name) => textOption(call, name)) as [
        string,
        string,
        string,
      ];
      const { entries } = await (await call.api()).bookList({
        ...{ account, search, group },
        limit: numberOption(call, 'limit', 1000),
      });
      call.report(entries, rows);
      return 0;
    },
  },
  {
    name: 'book add',
    usage:
      '[--name NAME] [--company NAME] [--fax NUMBER] [--mail ADDRESS] [--note TEXT] [--group NAME]… [--of ADDRESS]',
    summary: 'add an entry to the address book',
    help: ownerHelp,
    options: {
      ...owner,
      name: { type: 'string' },
      company: { type: 'string' },
      fax: { type: 'string' },
      mail: { type: 'string' },
      note: { type: 'string' },
      group: { type: 'string', multiple: true },
    },
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const field = (name: string): string => textOption(call, name);
      const groups = ((call.options.group as readonly string[] | undefined) ?? []).map(String);
      const contact = {
        name: field('name'),
        company: field('company'),
        fax: field('fax'),
        mail: field('mail'),
        note: field('note'),
        groups,
      };
      const made = await (await call.api()).bookSave({ account: field('of'), id: '', contact });
      call.report(made, ({ id }: { id: string }) => `The entry was added: ${id}\n`);
      return 0;
    },
  },
  {
    name: 'book remove',
    usage: 'ENTRY… [--of ADDRESS]',
    summary: 'remove entries of the address book',
    help: ownerHelp,
    options: owner,
    arguments: { min: 1, max: 1000 },
    async run(call) {
      const what = { account: textOption(call, 'of'), ids: call.arguments };
      const { removed } = await (await call.api()).bookRemove(what);
      call.terminal.out(`${plural(removed, 'entry', 'entries')} ${removed === 1 ? 'was' : 'were'} removed.\n`);
      return 0;
    },
  },
  {
    name: 'book import',
    usage: '[FILE] [--of ADDRESS]',
    summary: 'add the entries of a CSV or vCard file, or of standard input',
    help: `${ownerHelp}The first line of a CSV file names the columns: Name, Company, Fax, Mail, Note, Groups.\n`,
    options: owner,
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const [file] = call.arguments;
      if (file !== undefined) await stat(file).catch(() => Promise.reject(new UsageError(`${file} cannot be read`)));
      const content = file === undefined ? call.terminal.stdin : createReadStream(file);
      const result = await (await call.api()).bookImport({ account: textOption(call, 'of') }, content);
      call.report(result, ({ added, problems }: BookImported) => {
        const lines = problems.map(({ line, problem }) => `  ${line}: ${printable(problem)}\n`).join('');
        return `${plural(added, 'entry', 'entries')} added.\n${lines}`;
      });
      return result.problems.length > 0 ? 65 : 0;
    },
  },
  {
    name: 'book export',
    usage: '[--format csv|vcard] [--of ADDRESS]',
    summary: 'write the address book to standard output',
    help: ownerHelp,
    options: { ...owner, format: { type: 'string' } },
    arguments: { min: 0, max: 0 },
    async run(call) {
      const format = choiceOption(call, 'format', ['csv', 'vcard']) || 'csv';
      await (await call.api()).bookExport({ account: textOption(call, 'of'), format }, (chunk) =>
        call.terminal.out(chunk),
      );
      return 0;
    },
  },
];
