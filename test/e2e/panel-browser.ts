import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { ConfigDocument } from '../../src/config/schema.ts';
import { type BoxKind, RunningBox, testConfig } from './running-box.ts';

/** For the tests of the panel: a real browser before the real box with the simulated exchange. Screenshots go to `test/out/`. */

export const out = fileURLToPath(new URL('../out/', import.meta.url));
const axeScript = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 800 };

export class Desk {
  readonly box: RunningBox;
  readonly browser: Browser;
  readonly page: Page;
  /** What the browser complains about, and what was asked of elsewhere. */
  readonly trouble: string[] = [];

  private constructor(box: RunningBox, browser: Browser, page: Page) {
    this.box = box;
    this.browser = browser;
    this.page = page;
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && this.trouble.push(message.text()));
    page.on('pageerror', (error) => this.trouble.push(String(error)));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== this.origin && protocol !== 'data:' && protocol !== 'blob:') this.trouble.push(request.url());
    });
  }

  /** @param kind `new` for a box that nobody has set up */
  static async open(context: TestContext, change: ConfigDocument = {}, kind: BoxKind = 'demo'): Promise<Desk> {
    await mkdir(out, { recursive: true });
    const exchange = { enabled: true, speedFactor: 40 };
    const config = kind === 'demo' ? testConfig({ exchange, ...change }) : change;
    const box = await RunningBox.start(context, config, kind);
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
    const page = await browser.newPage({ viewport: desktop });
    context.after(async () => {
      // What was on the screen when a test failed says most.
      const { passed } = context as TestContext & { readonly passed: boolean };
      if (!passed) context.diagnostic(`${page.url()}: ${await page.locator('body').innerText()}`);
      await browser.close();
    });
    return new Desk(box, browser, page);
  }

  /** Where the browser finds the panel. */
  get origin(): string {
    const { address, port } = this.box.listeners.http!;
    return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${port}`;
  }

  async go(path: string): Promise<void> {
    await this.page.goto(`${this.origin}${path}`);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
    await this.page.waitForLoadState('networkidle');
  }

  /**
   * On a desktop in light and on a phone in dark colours; nothing stands out of either, and axe finds nothing.
   * @param axe left out where a page was judged already that differs in its words alone
   */
  async look(name: string, { axe = true } = {}): Promise<void> {
    for (const [kind, size, colorScheme] of [
      ['desktop', desktop, 'light'],
      ['phone', phone, 'dark'],
    ] as const) {
      await this.page.setViewportSize(size);
      await this.page.emulateMedia({ colorScheme });
      await this.page.screenshot({ path: join(out, `panel-${name}-${kind}.png`), fullPage: true });
      assert.equal(
        await this.page.evaluate('document.documentElement.scrollWidth'),
        size.width,
        `${name} on a ${kind}`,
      );
      if (axe) assert.deepEqual(await this.#axe(), [], `${name} on a ${kind}`);
    }
    await this.page.setViewportSize(desktop);
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  /** Run beside the page's own scripts, past its content policy. */
  async #axe(): Promise<string[]> {
    await this.page.evaluate(await readFile(axeScript, 'utf8'));
    const found = await this.page.evaluate('axe.run()');
    const { violations } = found as { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] };
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
  }
}
