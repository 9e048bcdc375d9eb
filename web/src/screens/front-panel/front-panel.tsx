import type { FrontPanelView } from '../../../../src/admin/views/front-panel-views.ts';
import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { say, type Word } from '../../words.ts';
import './front-panel.css';

/** What somebody before the box sees now. */
export function FrontPanel() {
  const panel = useAsked(() => ask('frontPanel', {}), ['lcd.', 'config.changed']);
  return (
    <Page title={say('front-panel.title')}>
      {panel.error && <Trouble again={panel.again}>{panel.error}</Trouble>}
      {panel.value && <Shown panel={panel.value} />}
      <Section title={say('front-panel.keys')}>
        <ul>
          <li>{say('front-panel.keys-walk')}</li>
          <li>{say('front-panel.keys-menu')}</li>
          <li>{say('front-panel.keys-back')}</li>
        </ul>
      </Section>
    </Page>
  );
}

function Shown({ panel }: { readonly panel: FrontPanelView }) {
  if (panel.state === 'absent') return <Empty>{say('front-panel.absent')}</Empty>;
  if (panel.state === 'off')
    return (
      <Empty>
        <p>{say('front-panel.off')}</p>
        <a href="/settings/access">{say('front-panel.switch')}</a>
      </Empty>
    );
  const rows = rowsOf(panel);
  const words = rows.map((row) => row.trim()).filter((row) => row !== '');
  return (
    <Section title={say('front-panel.display')}>
      <div class="card front-panel">
        <pre class={panel.width > 20 ? 'display wide' : 'display'} role="img" aria-label={words.join(', ')}>
          {rows.join('\n')}
        </pre>
        <ul class="leds" aria-label={say('front-panel.lights')}>
          {panel.lights.slice(0, meanings.length).map((light, index) => (
            <li key={meanings[index]!.name} class={light}>
              {say(meanings[index]!.name)}
              <span class="quiet">{say(meanings[index]![light])}</span>
            </li>
          ))}
        </ul>
      </div>
    </Section>
  );
}

/** What the lights say, from top to bottom; further ones are not used. */
const meanings = [
  {
    name: 'front-panel.box',
    off: 'front-panel.off-light',
    green: 'front-panel.well',
    red: 'front-panel.unwell',
  },
  {
    name: 'front-panel.lines',
    off: 'front-panel.quiet',
    green: 'front-panel.call',
    red: 'front-panel.line-fault',
  },
] as const satisfies readonly Record<string, Word>[];

/** Rows as the display draws them: bars as full blocks and a half one. */
function rowsOf({ lines, bars }: FrontPanelView): readonly string[] {
  return lines.map((line, row) => {
    const bar = bars.find((one) => one.row === row);
    if (!bar) return line;
    const halves = Math.round(bar.cells * bar.part * 2);
    const filled = '█'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '▌' : '');
    return filled + line.slice(filled.length);
  });
}
