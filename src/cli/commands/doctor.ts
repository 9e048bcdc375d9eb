import { exitCodes, type Finding } from '../../admin/admin-api.ts';
import type { Command } from '../command.ts';

const marks = { ok: '✓', note: '·', wrong: '✗' } as const;

function findingText({ level, sentence, advice }: Finding): string {
  return `${marks[level]} ${sentence}${advice ? `\n  → ${advice}` : ''}\n`;
}

export const doctorCommands: readonly Command[] = [
  {
    name: 'doctor',
    usage: '',
    summary: 'say in sentences what is wrong with this box',
    help: 'Ends with 0 when nothing is wrong.\n',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      const findings = await (await call.api()).doctor();
      call.report(findings, (all: readonly Finding[]) => all.map(findingText).join(''));
      return findings.some((one) => one.level === 'wrong') ? exitCodes.unavailable : 0;
    },
  },
];
