import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dayOf } from './local-day.ts';
import { type LogFilter, type Outcome, outcomeOf, searchLog } from './search.ts';
import { readStory } from './story.ts';
import { testLog } from './test-log.ts';

const hour = 3_600_000;
const all: LogFilter = { text: '', from: undefined, until: undefined, outcome: '', limit: 1000, before: '' };

test('what is found is what a model finds: by address, subject, day and outcome, page by page', async (context) => {
  const box = await testLog(context);
  const people = ['anna@office.test', 'Bert@Office.test', 'carla@away.example', 'd%_\\@odd.example'];
  interface Known {
    readonly id: string;
    readonly day: number;
    readonly names: readonly string[];
    readonly subject: string;
    readonly outcome: Outcome;
  }
  const known: Known[] = [];
  for (let n = 0; n < 120; n++) {
    await box.clock.advance((n % 5) * hour);
    const [from, to] = [people[n % 3]!, people[(n * 7 + 1) % 4]!];
    const subject = n % 4 ? `Offer ${n} of 100%` : 'Über die Rechnung';
    const message = box.accept({ reversePath: from, recipients: [to], subject, messageId: `m${n}@x` });
    const outcome = (['delivered', 'failed', 'waiting', 'delivered'] as const)[n % 4]!;
    if (outcome !== 'waiting') box.end(`queue.${outcome}`, { message, recipient: to });
    known.push({ id: message, day: dayOf(box.clock.now()), names: [from, to], subject, outcome });
  }
  await box.log.flush();
  const days = known.map(({ day }) => day);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        '',
        'anna',
        'ANNA@office.test',
        '@office',
        'example',
        '%',
        '_',
        'offer 1',
        'rechnung',
        'über',
        'nothing',
      ),
      fc.option(fc.constantFrom(...days), { nil: undefined }),
      fc.option(fc.constantFrom(...days), { nil: undefined }),
      fc.constantFrom('', 'delivered', 'failed', 'waiting', 'refused'),
      fc.integer({ min: 1, max: 40 }),
      fc.record({ windowRows: fc.integer({ min: 1, max: 200 }), rareRows: fc.constantFrom(1, 30, 5000) }),
      async (text, from, until, outcome, limit, limits) => {
        const lower = text.toLowerCase();
        const wanted = known
          .filter(({ day }) => (from === undefined || day >= from) && (until === undefined || day <= until))
          .filter((one) => outcome === '' || one.outcome === outcome)
          .filter(
            ({ names, subject }) =>
              names.some((name) => name.toLowerCase().includes(lower)) ||
              (!text.includes('@') && subject.toLowerCase().includes(lower)),
          )
          .map(({ id }) => id)
          .toReversed();
        const filter: LogFilter = { text, from, until, outcome, limit, before: '' };
        const found: string[] = [];
        for (let before = ''; ; before = found.at(-1)!) {
          const page = await searchLog(box.log.db!, { ...filter, before }, limits);
          found.push(...page.map(({ id }) => id));
          if (page.length < limit) break;
        }
        assert.deepEqual(found, wanted);
      },
    ),
    { numRuns: 150 },
  );
  const [some] = await searchLog(box.log.db!, { ...all, text: '<m17@x>' });
  assert.equal(some?.id, known[17]!.id);
  assert.equal((await searchLog(box.log.db!, { ...all, text: known[18]!.id.toUpperCase() }))[0]?.id, known[18]!.id);
});

test('a story in its order: entrance, alias, deferral with the words of the other host, other address, end, report', async (context) => {
  const box = await testLog(context);
  const id = box.accept({ recipients: ['list@office.test', 'carol@away.example'], account: 'alice@office.test' });
  const { events, clock } = box;
  const to = ['alice@office.test', 'bob@office.test'];
  events.emit('queue.routed', { message: id, recipient: 'list@office.test', to, by: 'alias' });
  for (const recipient of to) box.end('queue.delivered', { message: id, recipient, place: recipient });
  const late = { recipient: 'carol@away.example', agent: 'esmtp', status: '4.2.1', reply: '450 later' };
  box.end('queue.deferred', { message: id, ...late, nextAttempt: clock.now() + hour });
  await clock.advance(hour);
  events.emit('queue.rerouted', { message: id, recipient: 'carol@away.example', to: 'nobody@new.example' });
  box.end('queue.failed', { message: id, recipient: 'nobody@new.example', agent: 'esmtp', status: '5.1.1' });
  events.emit('dsn.sent', { message: 'r'.repeat(26), about: id, to: 'sender@away.example', action: 'failed' });
  await box.log.flush();
  const story = readStory(box.log.db!, id)!;
  assert.deepEqual(
    story.steps.map(({ kind, fields }) => `${kind} ${fields.recipient ?? fields.sender ?? fields.to}`),
    [
      'accepted sender@away.example',
      'routed list@office.test',
      'deferred carol@away.example',
      'delivered alice@office.test',
      'delivered bob@office.test',
      'rerouted carol@away.example',
      'failed nobody@new.example',
      'report sender@away.example',
    ],
  );
  assert.equal(story.steps[2]?.fields.reply, '450 later');
  const states = Object.fromEntries(story.recipients.map(({ address, state }) => [address, state]));
  assert.deepEqual(states, {
    'list@office.test': 'led-on',
    'alice@office.test': 'delivered',
    'bob@office.test': 'delivered',
    'carol@away.example': 'led-on',
    'nobody@new.example': 'failed',
  });
  assert.equal(outcomeOf(box.log.db!, story.entry), 'failed');
  const report = readStory(box.log.db!, 'r'.repeat(26));
  assert.equal(report, undefined, 'what was taken before the log was begun has no story');
});

test('calls of a fax stand in its story, and a received fax names its call', async (context) => {
  const box = await testLog(context);
  const { events } = box;
  const id = box.accept({ recipients: ['1@fax'], source: 'local', remote: '' });
  const call = { call: 'c1', line: 'line1', direction: 'out', number: '1' } as const;
  events.emit('call.started', { ...call, message: id });
  events.emit('call.ended', {
    ...call,
    station: 'S',
    pages: 2,
    result: 'dropped',
    text: 'It broke.',
    durationMs: 900.5,
  });
  const mail = box.accept({ source: 'fax', remote: '' });
  events.emit('fax.received', { call: 'c2', line: 'line1', message: mail, pages: 3, from: 'S' });
  await box.log.flush();
  const kinds = (message: string) =>
    readStory(box.log.db!, message)!.steps.map(({ kind, fields }) => [kind, fields.call]);
  assert.deepEqual(kinds(id), [
    ['accepted', undefined],
    ['call', 'c1'],
  ]);
  assert.deepEqual(kinds(mail), [
    ['accepted', undefined],
    ['fax-received', 'c2'],
  ]);
});

test('a story with very many steps shows its first and its last ones', async (context) => {
  const box = await testLog(context);
  const id = box.accept();
  for (let n = 1; n <= 700; n++) box.end('queue.deferred', { message: id, attempt: n });
  await box.log.flush();
  const story = readStory(box.log.db!, id)!;
  assert.equal(story.leftOut, 200);
  const attempts = story.steps.slice(1).map(({ fields }) => fields.attempt);
  assert.deepEqual(
    [attempts.length, attempts[0], attempts[249], attempts[250], attempts.at(-1)],
    [500, 1, 250, 451, 700],
  );
});

test('what is too old or too much is forgotten, counters are not', async (context) => {
  const box = await testLog(context);
  const day = 24 * hour;
  for (let n = 0; n < 40; n++) {
    box.end('queue.delivered', { message: box.accept({ reversePath: `old${n}@away.example` }) });
    await box.clock.advance(day);
  }
  await box.log.flush();
  box.world.config.keep = 10 * day;
  await box.log.prune();
  const left = await searchLog(box.log.db!, all);
  assert.equal(left.length, 10);
  const rows = (table: string): number => Number(box.log.db!.get(`SELECT count(*) AS n FROM ${table}`)!.n);
  assert.deepEqual([rows('recipients'), rows('addresses')], [10, 11]);
  assert.equal(Number(box.log.db!.get("SELECT sum(count) AS n FROM counts WHERE measure = 'mailIn'")!.n), 40);
  box.world.config.keep = 1000 * day;
  box.world.config.maxSize = 1;
  await box.log.prune();
  assert.ok((await searchLog(box.log.db!, all)).length < 10);
});

test('names of a day beyond the most frequent are counted together when it is over', async (context) => {
  const box = await testLog(context);
  for (let n = 0; n < 250; n++) for (let m = 0; m <= n % 3; m++) box.accept({ reversePath: `s${n}@away.example` });
  await box.clock.advance(25 * hour);
  await box.log.flush();
  await box.log.prune();
  const tops = box.log.db!.all<{ name: string; count: number }>("SELECT name, count FROM tops WHERE list = 'sender'");
  assert.equal(tops.length, 101);
  assert.equal(
    tops.reduce((sum, { count }) => sum + count, 0),
    Array.from({ length: 250 }, (_, n) => (n % 3) + 1).reduce((sum, count) => sum + count, 0),
  );
});
