import type { ConfigStore } from '../config/config-store.ts';
import type { Config, FaxLineConfig } from '../config/schema.ts';
import type { FaxLines } from '../fax-lines/fax-lines.ts';
import type { OpenPort } from '../fax-lines/line.ts';
import type { Clock } from '../lib/clock.ts';
import { type SelfTest, testModem } from '../modem/self-test.ts';
import { settingsOf } from '../modem/setup.ts';
import { AdminError, exitCodes, type LineView } from './admin-api.ts';
import { refused } from './config-admin.ts';
import { lineAt, ModemFinder, type ModemFinderParts } from './modem-finder.ts';
import type { FoundPort, LineChange, LineTestView } from './views/line-views.ts';

/** Fax lines: finding their modems, adding, changing, removing and testing them. */
export interface LineAdmin {
  /** Looks at every port where a modem could be, and asks what is there; those of lines are left alone. */
  lineFind(): Promise<readonly FoundPort[]>;
  /** Tests a line, which is free for nothing else meanwhile, or the modem at a port. With `dialTone` it goes off the hook. */
  lineTest(what: { line: string; port: string; dialTone: boolean }): Promise<LineTestView>;
  /** Adds a line, or changes one. */
  lineSet(change: LineChange): Promise<readonly LineView[]>;
  lineRemove(what: { line: string }): Promise<readonly LineView[]>;
}

export interface LineAdminParts extends Omit<ModemFinderParts, 'lines' | 'openPort'> {
  readonly lines: FaxLines;
  readonly config: () => Config['fax'];
  readonly change: ConfigStore['change'];
  readonly openPort: OpenPort;
  readonly views: () => Promise<readonly LineView[]>;
  readonly clock: Clock;
}

export function lineAdmin(parts: LineAdminParts): LineAdmin {
  const { lines, config, change, openPort, views, clock } = parts;
  const finder = new ModemFinder({ ...parts, lines: () => config().lines });
  const known = (id: string): FaxLineConfig => {
    const line = config().lines.find((one) => one.id === id);
    if (!line) throw new AdminError(exitCodes.noInput, `there is no fax line ${id}: see caselli fax lines`);
    return line;
  };
  const test =
    (dialTone: boolean) =>
    async (line: FaxLineConfig, signal?: AbortSignal): Promise<LineTestView> => {
      const settings = settingsOf(line);
      const port = await openPort(line).catch((error: Error) => error);
      if (port instanceof Error) return cannotOpen(line.port, port);
      return testModem(port, { clock, settings, dialTone, ...(signal && { signal }) });
    };
  return {
    lineFind: () => finder.find(),
    lineTest: async ({ line, port, dialTone }) => {
      if (line === '') {
        const user = config().lines.find((one) => one.port === port);
        if (user) throw new AdminError(exitCodes.data, `line ${user.id} has this port: test the line`);
        return test(dialTone)(lineAt(port));
      }
      // On a stopped box no line runs: its modem is free.
      const wanted = known(line);
      const answer = (await lines.without(line, test(dialTone))) ?? (await test(dialTone)(wanted));
      if (answer === 'busy') throw new AdminError(exitCodes.tempFail, 'the line is in a call: test it afterwards');
      return answer;
    },
    lineSet: async ({ line: id, ...wished }) => {
      const said = Object.fromEntries(Object.entries(wished).filter(([, value]) => value !== undefined));
      const others = config().lines.filter((one) => one.id !== id);
      const user = others.find(({ port }) => port === wished.port);
      if (user) throw new AdminError(exitCodes.data, `line ${user.id} has the port ${user.port} already`);
      await refused(() =>
        change((document) => {
          const now = document.fax?.lines ?? [];
          const isNew = now.every((one) => one.id !== id);
          if (isNew && wished.port === undefined)
            throw new AdminError(exitCodes.data, `a new line needs a port: see caselli line find`);
          const after = isNew
            ? [...now, { id, ...said } as (typeof now)[number]]
            : now.map((one) => (one.id === id ? { ...one, ...said } : one));
          return { ...document, fax: { ...document.fax, lines: after } };
        }),
      );
      return views();
    },
    lineRemove: async ({ line }) => {
      known(line);
      await refused(() =>
        change((document) => ({
          ...document,
          fax: { ...document.fax, lines: (document.fax?.lines ?? []).filter(({ id }) => id !== line) },
        })),
      );
      return views();
    },
  };
}

/** For a display of few letters: what is wrong, or that all is well. */
export async function testInWords(admin: Pick<LineAdmin, 'lineTest'>, line: string): Promise<string> {
  const { steps, identity, faxClass } = await admin.lineTest({ line, port: '', dialTone: true });
  const told = steps.filter(({ state }) => state !== 'done').map(({ text }) => text);
  return told.length > 0 ? told.join(' ') : `All is well: dial tone, ${identity}, class ${faxClass}.`;
}

function cannotOpen(port: string, error: Error): LineTestView {
  const text = `The port ${port} cannot be opened: ${error.message}`;
  const nothing = { identity: '', faxClass: '', maxBitRate: 0, transcript: '' } satisfies Partial<SelfTest>;
  return { works: false, steps: [{ step: 'open', state: 'failed', text }], ...nothing };
}
