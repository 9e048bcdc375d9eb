import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ConfigDocument } from '../../src/config/schema.ts';
import type { BoxEvent, EventFields, EventName } from '../../src/lib/events.ts';

const sources = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const retryKinds = ['busy', 'noAnswer', 'noFax', 'lost', 'refused'];

/** A demo configuration for tests: ports that the system chooses, quick lines, quick retries. */
export function testConfig(change: ConfigDocument = {}): ConfigDocument {
  const anyPort = { port: 0 };
  return {
    name: 'box.office.test',
    postmaster: 'alice@office.test',
    smtp: { smtp: anyPort, submission: anyPort, submissions: anyPort },
    imap: { imap: anyPort, imaps: anyPort },
    pop3: { pop3: anyPort, pop3s: anyPort },
    panel: { http: anyPort },
    log: { level: 'debug', format: 'json' },
    exchange: { enabled: true, speedFactor: 2000 },
    ...change,
    fax: {
      lines: [{ id: 'line1', port: 'exchange:5550100', number: '5550100' }],
      deliverTo: ['alice@office.test'],
      retrySchedule: ['1s'],
      callAttempts: 3,
      retries: Object.fromEntries(retryKinds.map((kind) => [kind, { calls: kind === 'noFax' ? 3 : 50, waits: [] }])),
      ...change.fax,
    },
  };
}

export interface Address {
  readonly address: string;
  readonly port: number;
}

type LoggedEvent = { readonly event: EventName; readonly level: string } & Record<string, unknown>;

/** With the demo's office, or as it comes out of its box. */
export type BoxKind = 'demo' | 'new';

/** The real program as a child process, on a data folder of its own. */
export class RunningBox {
  readonly data: string;
  #child: ChildProcess | undefined;
  readonly #log: LoggedEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #other = '';
  /** Rejects when the present process ends, for whatever reason. */
  ended: Promise<never> = new Promise(() => {});
  /** Standard output of the present process: the welcome. */
  welcome = '';
  listeners: Readonly<Record<string, Address>> = {};
  accounts: Readonly<Record<string, string>> = {};

  readonly #main: string;
  readonly #kind: BoxKind;

  private constructor(data: string, kind: BoxKind, main: string) {
    this.data = data;
    this.#kind = kind;
    this.#main = main;
  }

  /**
   * Makes a box in a temporary folder and starts it; stopped and removed at the end of the test.
   * @param kind `new` for one that nobody has set up
   * @param main script of the program: the sources, or a bundle of them
   */
  static async start(
    context: Pick<TestContext, 'after'>,
    config: ConfigDocument = testConfig(),
    kind: BoxKind = 'demo',
    main: string = sources,
  ): Promise<RunningBox> {
    const data = await mkdtemp(join(tmpdir(), 'caselli-e2e-'));
    await writeFile(join(data, 'config.json'), JSON.stringify(config));
    const box = new RunningBox(data, kind, main);
    context.after(async () => {
      await box.kill('SIGKILL');
      await rm(data, { recursive: true, force: true, maxRetries: 5 });
    });
    await box.start();
    return box;
  }

  async start(): Promise<void> {
    const demo = this.#kind === 'demo' ? ['--demo'] : [];
    const child = spawn(process.execPath, [this.#main, 'serve', ...demo, '--data', this.data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.welcome = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.welcome += text;
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.#heard(line));
    this.ended = once(child, 'close').then(([code, signal]) => {
      const last = JSON.stringify(this.#log.at(-1) ?? '');
      throw new Error(`the box ended (${code ?? signal}), last event ${last}:\n${this.#other}`);
    });
    this.ended.catch(() => {});
    await Promise.race([this.event('box.started'), this.ended]);
    const run = JSON.parse(await readFile(join(this.data, 'run.json'), 'utf8'));
    this.listeners = run.listeners;
    if (this.#kind === 'new') return;
    const { accounts } = JSON.parse(await readFile(join(this.data, 'demo.json'), 'utf8'));
    this.accounts = Object.fromEntries(
      accounts.map((one: { address: string; password: string }) => [one.address, one.password]),
    );
  }

  /** Ends the process with a signal. @returns its exit code. */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    child.kill(signal);
    // After its last words: they must not be heard as the next one's.
    const [code] = await once(child, 'close');
    this.#log.length = 0;
    return code;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** All events that were logged since the start. */
  get events(): readonly LoggedEvent[] {
    return this.#log;
  }

  /** Lines of the log that are no events: a crash's stack. */
  get otherOutput(): string {
    return this.#other;
  }

  /** The first event since the start with this name for which `wanted` holds; waits for it. */
  async event<Name extends EventName>(
    name: Name,
    wanted: (fields: EventFields<Name>) => boolean = () => true,
  ): Promise<EventFields<Name>> {
    for (;;) {
      const found = this.#log.find((one) => one.event === name && wanted(one as unknown as EventFields<Name>));
      if (found) return found as unknown as EventFields<Name>;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #heard(line: string): void {
    try {
      this.#log.push(JSON.parse(line));
    } catch {
      this.#other += `${line}\n`;
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Runs `caselli` on this box. */
  async caselli(...words: readonly string[]): Promise<{ code: number; out: string; error: string }> {
    return this.caselliWith('', ...words);
  }

  async caselliWith(stdin: string, ...words: readonly string[]): Promise<{ code: number; out: string; error: string }> {
    const child = spawn(process.execPath, [this.#main, ...words], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, CASELLI_DATA: this.data },
    });
    let [out, error] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      error += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    const [code] = await once(child, 'close');
    return { code, out, error };
  }

  /** The answer of a command that must succeed, read from its JSON. */
  async ask<T>(...words: readonly string[]): Promise<T> {
    const { code, out, error } = await this.caselli(...words, '--json');
    if (code !== 0) throw new Error(`caselli ${words.join(' ')} ended with ${code}: ${error}`);
    return JSON.parse(out) as T;
  }
}

export type { BoxEvent };
