import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes } from '../../admin/admin-api.ts';
import type { MailOutTrialView } from '../../admin/views/mail-out-views.ts';
import { type Call, type Command, choiceOption, numberOption, textOption, UsageError } from '../command.ts';
import { askSecret } from '../secret-prompt.ts';
import { printable } from '../table.ts';

const marks = { done: '✓', note: '·', failed: '✗' } as const;

function trialText({ steps, advice }: MailOutTrialView): string {
  const lines = steps.map(({ state, text }) => `${marks[state]} ${text}\n`).join('');
  return printable(`${lines}${advice ? `  → ${advice}\n` : ''}`);
}

/** From a file, else asked for on a terminal. */
async function passwordOf(call: Call, user: string): Promise<string> {
  if (user === '') return '';
  const file = textOption(call, 'password-file');
  if (file !== '') return (await readFile(resolve(file), 'utf8')).split(/\r?\n/)[0]!;
  if (!call.terminal.isInteractive) throw new UsageError('--user needs --password-file where no terminal is');
  return askSecret(`Password of ${user}: `, call.terminal);
}

export const mailOutCommands: readonly Command[] = [
  {
    name: 'mail test-out',
    usage: '[HOST [--port N] [--security MODE] [--user NAME] [--password-file FILE]] [--direct] [--to ADDRESS]',
    summary: 'try how mail would leave: by the settings, through HOST, or directly',
    help: `Connects, encrypts, logs in, and with --to asks whether mail to that address outside of the office would be taken.
Nothing is sent. --direct needs --to. MODE is starttls, tls, opportunistic or none. Ends with 0 when all of it works.
`,
    options: {
      port: { type: 'string' },
      security: { type: 'string' },
      user: { type: 'string' },
      'password-file': { type: 'string' },
      direct: { type: 'boolean' },
      to: { type: 'string' },
    },
    arguments: { min: 0, max: 1 },
    reports: true,
    async run(call) {
      const [host = ''] = call.arguments;
      const direct = call.options.direct === true;
      if (direct && host !== '') throw new UsageError('say HOST or --direct, not both');
      const security = choiceOption(call, 'security', ['starttls', 'tls', 'opportunistic', 'none']) || 'starttls';
      const user = textOption(call, 'user');
      if (host === '' && user !== '') throw new UsageError('--user goes with HOST');
      const answer = await (await call.api()).mailOutTest({
        way: direct ? 'direct' : host === '' ? 'settings' : 'smarthost',
        host,
        port: numberOption(call, 'port', security === 'tls' ? 465 : 587),
        security,
        user,
        password: await passwordOf(call, user),
        to: textOption(call, 'to'),
      });
      call.report(answer, trialText);
      return answer.works ? 0 : exitCodes.unavailable;
    },
  },
];
