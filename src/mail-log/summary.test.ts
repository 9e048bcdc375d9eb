import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '../lib/manual-clock.ts';
import { addDays, dayOf, dayText, readDay, startOf, weekdayOf } from './local-day.ts';
import { reasonText } from './reasons.ts';
import { periods, spanOf, summarize } from './summary.ts';
import { type Letter, summaryLetter } from './summary-mail.ts';
import { SummaryPost } from './summary-post.ts';
import { measures } from './tally.ts';
import { testLog } from './test-log.ts';

const hour = 3_600_000;

test('days, and the spans that they lie in', () => {
  assert.equal(addDays(20241231, 1), 20250101);
  assert.equal(addDays(20240301, -1), 20240229);
  assert.deepEqual([readDay('2024-02-30'), readDay('24-1-1'), readDay('2024-02-29')], [undefined, undefined, 20240229]);
  assert.equal(weekdayOf(20261123), 0, 'a Monday');
  assert.deepEqual(spanOf('week', 20261129), { from: 20261123, until: 20261129 });
  assert.deepEqual(spanOf('month', 20240214), { from: 20240201, until: 20240229 });
  assert.deepEqual(spanOf('month', 20241201), { from: 20241201, until: 20241231 });
  assert.deepEqual(spanOf('year', 20240214), { from: 20240101, until: 20241231 });
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2001, 0), max: Date.UTC(2060, 0) }),
      fc.constantFrom(...periods),
      (at, period) => {
        const day = dayOf(at);
        const { from, until } = spanOf(period, day);
        assert.ok(from <= day && day <= until);
        assert.deepEqual(spanOf(period, until), { from, until });
        assert.equal(spanOf(period, addDays(from, -1)).until, addDays(from, -1), 'spans follow each other');
        assert.equal(dayOf(startOf(day)), day);
        assert.equal(readDay(dayText(day)), day);
      },
    ),
  );
});

test('slots and hours add up to the totals, and totals of days to those of the month', async (context) => {
  const box = await testLog(context, new ManualClock(new Date(2026, 0, 28, 9).getTime()));
  for (let n = 0; n < 300; n++) {
    await box.clock.advance((n % 9) * 0.4 * hour);
    const message = box.accept({ reversePath: `s${n % 13}@away.example`, sizeBytes: n });
    if (n % 5 === 0) box.end('queue.failed', { message, status: '5.1.1' });
    else box.end('queue.delivered', { message, ...(n % 2 ? { agent: 'esmtp', host: `h${n % 3}` } : {}) });
  }
  await box.log.flush();
  const db = box.log.db!;
  const days: number[] = [];
  for (let day = 20260101; day <= 20261231; day = addDays(day, 1)) days.push(day);
  const totals = Object.fromEntries(measures.map((measure) => [measure, 0]));
  for (const day of days.filter((one) => one < 20260301)) {
    const one = summarize(db, 'day', day);
    for (const measure of measures) {
      totals[measure]! += one.totals[measure];
      assert.equal(
        one.slots.reduce((sum, { sums }) => sum + sums[measure], 0),
        one.totals[measure],
      );
    }
  }
  const year = summarize(db, 'year', 20260601);
  assert.deepEqual(year.totals, totals);
  for (const measure of measures) {
    assert.equal(
      year.slots.reduce((sum, { sums }) => sum + sums[measure], 0),
      year.totals[measure],
    );
    assert.equal(
      year.hours.reduce((sum, sums) => sum + sums[measure], 0),
      year.totals[measure],
    );
  }
  assert.deepEqual(summarize(db, 'month', 20260203).before, summarize(db, 'month', 20260131).totals);
  assert.equal(year.tops.sender.length, 10);
  assert.equal(year.tops.failed[0]?.text, 'No such mailbox');
  assert.equal(year.totals.accepted, 300);
});

test('reasons have words, also those that nobody knows', () => {
  assert.equal(reasonText('mail 4.2.2'), 'Mailbox full');
  assert.equal(reasonText('fax 4.4.1'), 'Busy, no answer, or no fax machine');
  assert.equal(reasonText('mail 5.7.99'), 'Refused by a rule');
  assert.equal(reasonText('odd'), 'Another reason');
});

test('a letter shows the same in text and HTML, and names from outside do no harm', async (context) => {
  const box = await testLog(context);
  box.accept({ reversePath: '<script>"@x.test' });
  box.end('queue.delivered', { message: box.accept() });
  await box.log.flush();
  const { subject, text, html } = summaryLetter(summarize(box.log.db!, 'day', dayOf(box.clock.now())), 'box.test');
  assert.match(subject, /^box\.test: 1 in, 0 out on \d{4}-\d\d-\d\d$/);
  assert.match(text, /Mail into mailboxes +1 +0$/m);
  assert.match(text, /^\d\d:00 +#+ 1$/m);
  assert.match(html, /&lt;script&gt;&quot;@x\.test/);
  assert.ok(!/<script|style=|<img|http/.test(html));
  assert.equal(html.match(/<t[dhr]\b/g)!.length, html.match(/<\/t[dhr]>/g)!.length);
});

test('summaries are mailed on the morning after, each once; what fell due while the box was off comes when it is on', async (context) => {
  // A Sunday.
  const box = await testLog(context, new ManualClock(new Date(2026, 1, 1, 12).getTime()));
  const { clock, events } = box;
  const sent: string[] = [];
  let answer: 'sent' | 'no-room' = 'sent';
  const config = { daily: true, weekly: true, monthly: true, hour: 6, to: ['chief@office.test', 'anna@office.test'] };
  const begin = (): SummaryPost => {
    const post = new SummaryPost({
      log: box.log,
      config: () => config,
      name: () => 'box.test',
      clock,
      events,
      write: async (letter: Letter, about, id, to) => {
        assert.match(letter.subject, /^box\.test: /);
        assert.match(about, /^summary of /);
        if (answer === 'sent') sent.push(`${id} ${to}`);
        return answer;
      },
    });
    return post;
  };
  let post = begin();
  box.accept();
  await clock.advance(5 * hour);
  await post.look();
  assert.deepEqual(sent, [], 'there was no box yesterday');
  answer = 'no-room';
  await clock.advance(12 * hour); // Monday, 5 o'clock
  await post.look();
  assert.deepEqual(sent, []);
  await clock.advance(2 * hour);
  await post.look();
  assert.deepEqual(sent, []);
  answer = 'sent';
  await post.look();
  const to = (id: string): string[] => config.to.map((one) => `${id}-${one} ${one}`);
  assert.deepEqual(sent.splice(0), [...to('summary-day-2026-02-01'), ...to('summary-week-2026-01-26')]);
  await clock.advance(10 * hour);
  await post.look();
  assert.deepEqual(sent, []);
  await box.reopen();
  await clock.advance(28 * 24 * hour); // Monday, 2 March, in the evening
  post = begin();
  await post.look();
  assert.deepEqual(sent.splice(0), [
    ...to('summary-day-2026-03-01'),
    ...to('summary-week-2026-02-23'),
    ...to('summary-month-2026-02-01'),
  ]);
  config.to = [];
  config.daily = false;
  await clock.advance(7 * 24 * hour);
  await post.look();
  assert.deepEqual(sent, ['summary-week-2026-03-02 undefined']);
});
