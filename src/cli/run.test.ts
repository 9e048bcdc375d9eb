import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AdminApi, AdminError } from '../admin/admin-api.ts';
import { commands } from './commands.ts';
import { runCommandLine } from './run.ts';

/** Runs a command line against a stopped box whose answers are given. */
async function run(context: TestContext, words: readonly string[], api: Partial<AdminApi> = {}, stdin = '') {
  const data = await mkdtemp(join(tmpdir(), 'caselli-cli-'));
  context.after(() => rm(data, { recursive: true }));
  await writeFile(join(data, 'config.json'), '{}');
  let [out, error, closed] = ['', '', 0];
  const input = (async function* () {
    yield Buffer.from(stdin);
  })();
  const box = {
    version: '1.2.3',
    openData: async () => ({ api: api as AdminApi, close: async () => void closed++ }),
    serve: async () => 0,
  };
  const terminal = {
    stdin: input,
    isInteractive: false,
    out: (text: string | Uint8Array) => {
      out += text;
    },
    error: (text: string) => {
      error += text;
    },
  };
  process.env.CASELLI_DATA = data;
  const code = await runCommandLine(words, box, terminal);
  return { code, out, error, closed, data };
}

test('every command stands in the help, and has a help of its own', async (context) => {
  const { code, out } = await run(context, ['help']);
  assert.equal(code, 0);
  for (const { name, summary } of commands) {
    assert.ok(out.includes(name) && out.includes(summary), name);
    const own = await run(context, ['help', ...name.split(' ')]);
    assert.match(own.out, new RegExp(`^Usage: caselli ${name}`));
    if (name !== 'sendmail') assert.equal((await run(context, [...name.split(' '), '--help'])).out, own.out);
  }
});

test('a wrong command line ends with 64 and says what would be right', async (context) => {
  const wrong: readonly [readonly string[], RegExp][] = [
    [['fly'], /no command fly/],
    [['queue'], /caselli queue list/],
    [['queue', 'show'], /is used so: caselli queue show ID/],
    [['queue', 'list', '--limit', 'many'], /whole number from 1/],
    [['queue', 'list', '--colour'], /^caselli: Unknown option '--colour'\nHelp/],
    [['fax', 'calls', '--direction', 'up'], /--direction takes in or out/],
    [['config', 'set', 'name'], /a value or --default/],
    [['queue', 'hold', 'x', '--json'], /reports nothing/],
    [['user', 'remove', 'a@b.test'], /--yes/],
    [['user', 'add', 'a@b.test', '--password-stdin'], /held no password/],
    [['exchange', 'dial-in', 'file.pdf'], /--from and --to/],
    [['sendmail', '-Zx'], /no option of sendmail/],
    [['sendmail'], /to whom/],
  ];
  for (const [words, message] of wrong) {
    const { code, error } = await run(context, words);
    assert.equal(code, 64, words.join(' '));
    assert.match(error, message, words.join(' '));
  }
});

test('a folder without a box is named with what to do', async (context) => {
  const { code, error } = await run(context, ['mailq', '--data', '/nonexistent/box']);
  assert.equal(code, 66);
  assert.match(error, /no box in \/nonexistent\/box: start one with caselli serve/);
});

test('what the box refuses ends with its code, and the data is closed', async (context) => {
  const api = {
    queueShow: async () => {
      throw new AdminError(66, 'there is no message x in the queue');
    },
  };
  const { code, error, closed } = await run(context, ['queue', 'show', 'x'], api);
  assert.deepEqual([code, closed], [66, 1]);
  assert.equal(error, 'caselli: there is no message x in the queue\n');
});

test('--json prints what the box answered', async (context) => {
  const users = [
    {
      address: 'a@b.test',
      fullName: 'A',
      fax: true,
      disabled: false,
      quotaBytes: null,
      forward: { to: [], keep: true },
    },
  ];
  const { out } = await run(context, ['user', 'list', '--json'], { userList: async () => users });
  assert.deepEqual(JSON.parse(out), users);
  const text = await run(context, ['user', 'list'], { userList: async () => users });
  assert.equal(text.out, 'ADDRESS   NAME  MAY\na@b.test  A     mail, fax\n');
});

test('control characters from outside do not reach the terminal', async (context) => {
  const recipient = {
    address: 'x@y.test',
    original: '',
    agent: 'esmtp',
    place: 'y.test',
    host: '',
    reply: '',
    state: 'waiting',
    attempts: 1,
    nextAttempt: '',
    status: '4.0.0',
    text: '\x1b[2Jgone',
  };
  const queued = {
    id: 'id',
    acceptedAt: '2026-01-05T09:00:00.000Z',
    sizeBytes: 10,
    source: 'esmtp',
    reversePath: 'a\x07@b.test',
    account: '',
    notBefore: '',
    held: false,
    recipients: [recipient],
  };
  const { out } = await run(context, ['mailq'], { queueList: async () => [queued] });
  assert.ok(!/[\x00-\x09\x0b-\x1f]/.test(out), JSON.stringify(out));
});

test('sendmail reads its options and lines as programs write them', async (context) => {
  const sent: unknown[] = [];
  const api = {
    sendmail: async (what: unknown, content: unknown) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content as AsyncIterable<Uint8Array>) chunks.push(chunk);
      sent.push(what, Buffer.concat(chunks).toString());
      return { id: 'x' };
    },
  };
  const words = [
    'sendmail',
    '-oem',
    '-f',
    '<me@a.test>',
    '-Nsuccess,delay',
    '-Rhdrs',
    '-V',
    'id 7',
    '--',
    'you@b.test',
  ];
  const { code, error } = await run(context, words, api, 'Subject: x\nno CR\r\n..\n.\nleft out\n');
  assert.equal(code, 0, error);
  const notify = { success: true, failure: false, delay: true };
  assert.deepEqual(sent[0], {
    envelope: {
      reversePath: 'me@a.test',
      recipients: [{ address: 'you@b.test', notify }],
      ret: 'headers',
      envelopeId: 'id 7',
    },
    fullName: '',
    notify,
  });
  assert.equal(sent[1], 'Subject: x\r\nno CR\r\n..\r\n');
  await run(context, ['sendmail', '-i', 'you@b.test'], api, 'a\n.\nb');
  assert.equal(sent[3], 'a\r\n.\r\nb\r\n');
});

test('config set: digits that are meant as text are set as text; a refusal names what was said', async (context) => {
  const tried: unknown[] = [];
  const api = (takesText: boolean): Partial<AdminApi> => ({
    configSet: async ({ value }) => {
      tried.push(value);
      if (takesText && typeof value === 'string') return { version: 2 };
      throw new AdminError(65, `refused ${typeof value}`);
    },
  });
  assert.equal((await run(context, ['config', 'set', 'fax.lines.0.number', '5550100'], api(true))).code, 0);
  assert.deepEqual(tried, [5550100, '5550100']);
  const refused = await run(context, ['config', 'set', 'smtp.smtp.port', '99999'], api(false));
  assert.equal(refused.code, 65);
  assert.match(refused.error, /refused number/);
});
