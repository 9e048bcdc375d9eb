import type { CallView, Finding, LineView, QueueView } from '../admin/admin-api.ts';
import type { TodayView } from '../admin/views/mail-log-views.ts';
import { frameOf, type Screen } from './frame.ts';
import type { MachineFacts, PanelSources } from './panel-state.ts';

const size = { width: 20, height: 4 };

/** A box for the tests of the front panel: what it answers is changed in place. */
export interface TestBox extends Partial<MachineFacts> {
  lines?: readonly LineView[];
  calls?: readonly CallView[];
  queue?: readonly QueueView[];
  today?: Partial<TodayView>;
  /** Sentences of things that are wrong. */
  faults?: readonly string[];
  findings?: readonly Finding[];
  /** Thrown by what is asked of the box. */
  broken?: Error;
  menu?: 'look';
  /** What the keys asked for, in their order. */
  asked?: string[];
  /** Answer of a line test; without it there is none. */
  tested?: Promise<string>;
  /** Thrown by what the keys ask for. */
  refusal?: Error;
}

const quietDay: TodayView = {
  mailIn: 0,
  mailOut: 0,
  mailRefused: 0,
  mailFailed: 0,
  faxIn: 0,
  faxOut: 0,
  faxFailed: 0,
  pagesIn: 0,
  pagesOut: 0,
};

export function testSources(box: TestBox = {}): PanelSources {
  const ask = async (what: string): Promise<void> => {
    box.asked?.push(what);
    if (box.refusal) throw box.refusal;
  };
  const pause = async (what: string, paused: LineView['paused']): Promise<readonly LineView[]> => {
    await ask(what);
    box.lines = (box.lines ?? []).map((line) => ({ ...line, paused }));
    return box.lines;
  };
  return {
    api: {
      faxLines: async () => {
        if (box.broken) throw box.broken;
        return box.lines ?? [];
      },
      faxCalls: async () => box.calls ?? [],
      queueList: async ({ limit }) => (box.queue ?? []).slice(0, limit),
      today: async () => ({ ...quietDay, ...box.today }),
      faxPause: () => pause('pause', 'sending'),
      faxResume: () => pause('resume', 'no'),
      systemReboot: () => ask('restart'),
      systemShutdown: () => ask('shut-down'),
      systemFactoryReset: () => ask('factory-reset'),
      doctor: async () => [
        ...(box.findings ?? []),
        ...(box.faults ?? []).map((sentence) => ({ id: 'test', level: 'wrong' as const, sentence, advice: '' })),
      ],
    },
    machine: async () => ({
      version: '1.4.0',
      board: 'qemu-x86_64',
      development: false,
      addresses: ['192.168.1.50'],
      localName: 'caselli-1a2b.local',
      oneTimePassword: '',
      clockTrusted: true,
      alarms: [],
      ...box,
    }),
    name: () => 'box.office.test',
    zone: () => 'UTC',
    mayAct: box.menu !== 'look',
    ...(box.tested && {
      testLine: async (line: string) => {
        await ask(`test ${line}`);
        return box.tested!;
      },
    }),
  };
}

export function testLine(change: Partial<LineView> = {}): LineView {
  const idle = { state: 'idle', peer: '', page: 0, pages: 0, modem: 'Conexant, class 2', fault: '' };
  return {
    id: 'line1',
    number: '5550100',
    port: '/dev/ttyS1',
    send: true,
    receive: true,
    paused: 'no',
    ...idle,
    ...change,
  };
}

export function testCall(change: Partial<CallView>): CallView {
  const fields = { at: '2026-11-22T14:00:00.000Z', line: 'line1', direction: 'out', station: '', text: '' };
  return { id: 'c', ...fields, number: '5551234', pages: 2, result: 'done', durationSeconds: 9, ...change };
}

/** The rows of a screen as the display first shows them, bars as equals signs. */
export function drawn(screen: Screen | undefined): string[] {
  if (!screen) throw new Error('there is no such screen');
  const { lines, bars } = frameOf(screen, size, 0);
  return lines.map((line, row) => {
    const bar = bars.find((one) => one.row === row);
    const filled = bar ? '='.repeat(Math.round(bar.cells * bar.part)) : '';
    return `${filled}${line.slice(filled.length)}`.trimEnd();
  });
}
