import type { CallView, Finding, LineView, QueueView } from '../admin/admin-api.ts';
import type { MachineFacts, PanelSources } from './panel-state.ts';

/** A box for the tests of the front panel: what it answers is changed in place. */
export interface TestBox extends Partial<MachineFacts> {
  lines?: readonly LineView[];
  calls?: readonly CallView[];
  queue?: readonly QueueView[];
  /** Sentences of things that are wrong. */
  faults?: readonly string[];
  findings?: readonly Finding[];
  /** Thrown by what is asked of the box. */
  broken?: Error;
}

export function testSources(box: TestBox = {}): PanelSources {
  return {
    api: {
      faxLines: async () => {
        if (box.broken) throw box.broken;
        return box.lines ?? [];
      },
      faxCalls: async () => box.calls ?? [],
      queueList: async ({ limit }) => (box.queue ?? []).slice(0, limit),
      doctor: async () => [
        ...(box.findings ?? []),
        ...(box.faults ?? []).map((sentence) => ({ id: 'test', level: 'wrong' as const, sentence, advice: '' })),
      ],
    },
    machine: async () => ({
      version: '1.4.0',
      board: 'qemu-x86_64',
      addresses: ['192.168.1.50'],
      localName: 'caselli-1a2b.local',
      oneTimePassword: '',
      clockTrusted: true,
      alarms: [],
      ...box,
    }),
    name: () => 'box.office.test',
    zone: () => 'UTC',
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
