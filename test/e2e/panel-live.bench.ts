import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { chromium, type Page } from 'playwright-core';
import { RunningBox, testConfig } from './running-box.ts';

/**
 * How late pages hear of what happens while mail pours in: `npm run bench:panel [pages] [seconds]`. Real pages of a real browser
 * stand on the home screen; each notes how old every event is when it gets it. The same mail without pages, in the same run, says
 * what they cost.
 */
const [pages = 20, seconds = 15] = process.argv.slice(2).map(Number);
const connections = 10;
const content = 'Kilroy was here. 0123456789 0123456789 0123456789 0123456789\r\n'.repeat(64);

await using ending = new AsyncDisposableStack();
const box = await RunningBox.start(
  { after: (work) => ending.defer(async () => void (await (work as () => unknown)())) },
  testConfig({ log: { level: 'info', format: 'json' } }),
);
const { address, port } = box.listeners.http!;
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
ending.defer(() => browser.close());

/** Notes the age of each event that a page is told, before the page's own scripts see it. */
function noteAges(): void {
  const ages: number[] = [];
  Object.assign(globalThis, { ages });
  const Plain = globalThis.WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(url: string | URL) {
      super(url);
      this.addEventListener('message', ({ data }) => {
        const { events } = JSON.parse(data) as { events: readonly { at: number }[] };
        for (const { at } of events) ages.push(Date.now() - at);
      });
    }
  };
}

/** Messages a second. */
async function pour(): Promise<number> {
  const { smtp } = box.listeners;
  const transport = createTransport({
    host: smtp!.address,
    port: smtp!.port,
    pool: true,
    maxConnections: connections,
    maxMessages: Number.POSITIVE_INFINITY,
    ignoreTLS: true,
  });
  const until = performance.now() + seconds * 1000;
  let sent = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      await transport.sendMail({
        from: 'sender@away.example',
        to: 'alice@office.test',
        subject: 'bench',
        text: content,
      });
      sent++;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, client));
  transport.close();
  return (sent / (performance.now() - started)) * 1000;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Processor time of the box so far, s: what a page costs it is told apart from what the browsers need on the same machine. */
async function worked(): Promise<number> {
  const [, fields = ''] = (await readFile(`/proc/${box.pid}/stat`, 'utf8')).split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return (user! + system!) / 100;
}

const alone = await pour();
console.log(`without pages: ${Math.round(alone)} messages/s of 4 KB over ${connections} connections`);
const open: Page[] = [];
for (let n = 0; n < pages; n++) {
  const page = await browser.newPage();
  await page.addInitScript(noteAges);
  await page.goto(`http://${address}:${port}/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  open.push(page);
}
const before = await worked();
const beside = await pour();
const share = ((await worked()) - before) / seconds;
console.log(
  `with ${pages} pages: ${Math.round(beside)} messages/s, ${(beside / alone).toFixed(2)} of that without; the box has ${share.toFixed(2)} processors`,
);
const ages = (await Promise.all(open.map((page) => page.evaluate('ages')))).flat() as number[];
ages.sort((one, other) => one - other);
const figures = [0.5, 0.95, 0.99].map((share) => `${at(ages, share)} ms`);
console.log(
  `age of ${ages.length} events at ${pages} pages: median ${figures[0]}, 95 % ${figures[1]}, 99 % ${figures[2]}, worst ${ages.at(-1)} ms`,
);
