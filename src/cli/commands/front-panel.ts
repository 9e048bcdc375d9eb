import type { FrontPanelView } from '../../admin/views/front-panel-views.ts';
import type { Command } from '../command.ts';
import { printable } from '../table.ts';

const absentText = {
  off: 'The front panel is switched off. Switch it on: caselli config set system.lcd.enabled true\n',
  absent: 'No display was found: is it plugged in, and does LCDd run? The box works without.\n',
} as const;

/** The display as it is seen, in a frame; bars as equals signs. */
function pictureText({ state, width, lines, bars, lights }: FrontPanelView): string {
  if (state !== 'shown') return absentText[state];
  const edge = `+${'-'.repeat(width)}+`;
  const rows = lines.map((line, row) => {
    const bar = bars.find((one) => one.row === row);
    const filled = '='.repeat(bar ? Math.round(bar.cells * bar.part) : 0);
    return `|${printable(`${filled}${line.slice(filled.length)}`)}|`;
  });
  return `${[edge, ...rows, edge].join('\n')}\nLights: ${lights.join(', ')}\n`;
}

export const frontPanelCommands: readonly Command[] = [
  {
    name: 'system front-panel',
    usage: '',
    summary: 'what the display on the box shows now',
    arguments: { min: 0, max: 0 },
    reports: true,
    async run(call) {
      call.report(await (await call.api()).frontPanel(), pictureText);
      return 0;
    },
  },
];
