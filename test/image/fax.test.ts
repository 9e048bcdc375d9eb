import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { readConfig } from '../../src/config/schema.ts';
import { pageToPng } from '../../src/documents/page-png.ts';
import type { Raster } from '../../src/fax/raster.ts';
import { alice } from '../e2e/crash-ledger.ts';
import { makePdf, planMail, renderedHere } from '../support/fax-mail.ts';
import { assertArrived } from '../support/fax-pages.ts';
import { inboxMessage, queueId, sender } from '../support/mail-program.ts';
import { OfficeBox, readyMs } from './office-box.ts';
import { boxNumber, farNumber, Telephone } from './telephone.ts';

/** Real faxes through the booted box: its mail ports on one side, its serial line with a telephone network on the other. */

/** Of the converters' listener on the box: who it is, and how long those that it started have worked, in seconds. */
async function converters({ machine }: OfficeBox): Promise<{ user: string; network: string; workedSeconds: number }> {
  const asked = await machine.shell(
    [
      "cd /proc/$(ps -o pid,args | awk '/[s]ocat UNIX-LISTEN:.run.documents/ { print $1; exit }')",
      'stat -c %U .',
      '[ $(readlink ns/net) = $(readlink /proc/1/ns/net) ] && echo shared || echo own',
      "awk '{ print $16 + $17 }' stat",
    ].join('; '),
  );
  const [user, network, ticks] = asked.split('\n');
  return { user: user!, network: network!, workedSeconds: Number(ticks) / 100 };
}

/** Text in a font that is left to the reader, in the language of printers. */
const postscript = Buffer.from(
  '%!PS-Adobe-3.0\n/Helvetica-Bold findfont 40 scalefont setfont 80 600 moveto (Prices as agreed) show showpage\n',
);

/** Wants a gigabyte. */
const greedyPostscript = Buffer.from(
  '%!PS-Adobe-3.0\n/a 1000 array def 0 1 999 { a exch 1000000 string put } for showpage\n',
);

/** Says when the machine and its program were started. */
const programStart = "cat /proc/sys/kernel/random/boot_id; ps -o pid,args | awk '/[m]ain.js serve/ { print $1 }'";

async function picture(): Promise<Buffer> {
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600"><rect width="900" height="600" fill="white"/>
    <circle cx="450" cy="300" r="200" fill="none" stroke="black" stroke-width="20"/></svg>`;
  return sharp(Buffer.from(drawn)).png().toBuffer();
}

/** PNG pages of a mail, in order. */
function pngPages(source: Buffer): Buffer[] {
  const parts = source.toString('latin1').matchAll(/^Content-Type: image\/png[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/gim);
  return [...parts].map(([, base64]) => Buffer.from(base64!, 'base64'));
}

const pels = (png: Uint8Array): Promise<Buffer> => sharp(png).toColourspace('b-w').raw().toBuffer();

test('mail to a fax number crosses the serial line, page for page as drawn, and is reported; a fax that comes in is mail', async (context) => {
  const box = await OfficeBox.start(context);
  const { machine } = box;
  const telephone = new Telephone(context, machine);
  const { exchange } = telephone;
  await box.moveIn();
  await telephone.install(box, alice);

  const before = await converters(box);
  assert.deepEqual([before.user, before.network], ['documents', 'own']);
  const mail = planMail(`${farNumber}@fax`, await makePdf(2), [
    { filename: 'prices.ps', content: postscript, contentType: 'application/postscript' },
    { filename: 'sketch.png', content: await picture(), contentType: 'image/png' },
  ]);
  const sent = await sender(box, alice).sendMail({
    ...mail,
    dsn: { id: 'plan', return: 'headers', notify: ['success', 'failure'], recipient: `rfc822;${farNumber}@fax` },
  } as typeof mail);
  const acceptedAt = performance.now();
  const since = (): string => `${((performance.now() - acceptedAt) / 1000).toFixed(1)} s`;
  context.diagnostic(`accepted as ${queueId(sent)}`);
  await machine.within(
    readyMs,
    'the modem dials',
    exchange.next(boxNumber, ({ text }) => text.includes('ATD')),
  );
  context.diagnostic(`dialled after ${since()}`);
  const fax = await machine.until('the far station has the fax', readyMs, async () => {
    const [one] = await exchange.received(farNumber);
    return one?.result === 'done' && one;
  });
  context.diagnostic(`${fax.pages.length} pages were there after ${since()}`);
  const after = await converters(box);
  const worked = after.workedSeconds - before.workedSeconds;
  context.diagnostic(`converters worked ${worked} s`);
  assert.ok(worked > 0, 'the documents were converted by their own user');

  const report = (await machine.within(readyMs, 'the report', inboxMessage(box, alice, /^Delivered/))).source.toString(
    'latin1',
  );
  context.diagnostic(`report after ${since()}`);
  assert.match(report, /Action: (?:delivered|relayed)/);
  assert.match(report, /FAR OFFICE/);
  const arrival = /^Arrival-Date: (.+)$/m.exec(report)![1]!;
  const reading = readConfig((await box.json<{ document: unknown }>('config show')).document);
  if (reading.kind !== 'valid') assert.fail(JSON.stringify(reading));
  process.env.TZ = reading.config.system.time.zone;
  const expected = await renderedHere(context, mail, {
    config: reading.config,
    number: farNumber,
    date: Date.parse(arrival),
  });
  assert.equal(expected.length, 5, 'cover page, two of the PDF, one of PostScript, a picture');
  assertArrived(
    fax.pages.map(({ file }) => file),
    expected,
  );

  const dialledAt = performance.now();
  const call = await machine.within(
    readyMs,
    'a fax to the box',
    exchange.dialIn({ from: farNumber, to: boxNumber, pages: expected.slice(0, 2) }),
  );
  assert.deepEqual([call.result, call.pagesConfirmed], ['done', 2]);
  const received = await machine.within(readyMs, 'mail with the fax', inboxMessage(box, alice, /FAR OFFICE|5550199/));
  context.diagnostic(
    `a fax of 2 pages was mail ${((performance.now() - dialledAt) / 1000).toFixed(1)} s after dialling`,
  );
  await assertSamePages(pngPages(received.source), expected.slice(0, 2));
  assert.deepEqual(exchange.faults(boxNumber), []);

  // More than the machine has: the document is refused, and the box goes on.
  const program = await machine.shell(programStart);
  const greedy = { filename: 'greedy.ps', content: greedyPostscript, contentType: 'application/postscript' };
  await sender(box, alice).sendMail({ ...planMail(`${farNumber}@fax`, await makePdf(1)), attachments: [greedy] });
  const refusal = await machine.within(readyMs, 'a refusal', inboxMessage(box, alice, /^Not delivered/));
  assert.match(
    refusal.source.toString('latin1').replaceAll(/\s+/g, ' '),
    /"greedy\.ps" cannot be faxed: it needs more memory/,
  );
  assert.equal(await machine.shell(programStart), program, 'the program has not ended');
});

async function assertSamePages(files: readonly Buffer[], expected: readonly Raster[]): Promise<void> {
  assert.equal(files.length, expected.length);
  for (const [index, page] of expected.entries()) {
    const [got, wanted] = await Promise.all([pels(files[index]!), pels(await pageToPng(page))]);
    assert.ok(got.equals(wanted), `page ${index + 1}`);
  }
}
