import type { Action, Question } from './actions.ts';
import { displayText, ends, wrap } from './fit.ts';
import type { Screen } from './frame.ts';
import type { PanelState } from './panel-state.ts';
import { aboutScreen, callsScreen, lineWord, networkScreen } from './screens.ts';

/** An entry of the menu: it shows something, lets one choose a line, or leads to something that is done. */
export interface MenuEntry {
  readonly title: string;
  readonly leads:
    | { readonly to: 'show'; readonly screen: (state: PanelState, width: number) => Screen }
    | { readonly to: 'lines' }
    | { readonly to: 'action'; readonly action: Action };
}

/** Never empty; as many entries as before, whatever the state becomes. */
export function menuOf({ lines, canTest }: PanelState): readonly MenuEntry[] {
  const isPaused = lines.some(({ paused }) => paused !== 'no');
  return [
    { title: 'Network', leads: { to: 'show', screen: networkScreen } },
    ...(canTest ? [{ title: 'Line test', leads: { to: 'lines' } } as const] : []),
    { title: 'Last faxes', leads: { to: 'show', screen: callsScreen } },
    isPaused
      ? { title: 'Resume faxing', leads: { to: 'action', action: { kind: 'resume' } } }
      : { title: 'Pause faxing', leads: { to: 'action', action: { kind: 'pause' } } },
    { title: 'About this box', leads: { to: 'show', screen: aboutScreen } },
    { title: 'Restart', leads: { to: 'action', action: { kind: 'restart' } } },
    { title: 'Shut down', leads: { to: 'action', action: { kind: 'shut-down' } } },
    { title: 'Factory reset', leads: { to: 'action', action: { kind: 'factory-reset' } } },
  ];
}

export function menuScreen(state: PanelState, selected: number): Screen {
  return choice(
    'menu',
    'Menu',
    menuOf(state).map(({ title }) => title),
    selected,
  );
}

export function linesScreen({ lines }: PanelState, selected: number, width: number): Screen {
  if (lines.length === 0) return { id: 'lines', title: 'Line test', body: [{ text: 'No fax line' }] };
  const rows = lines.map((line) => ends(displayText(line.number || line.id), lineWord(line), width - 1));
  return choice('lines', 'Line test', rows, selected);
}

export function questionScreen({ title, text, yes }: Question, chosen: boolean, width: number): Screen {
  const words = wrap(text, width);
  const { body, focus } = choice('', '', ['No', yes], chosen ? 1 : 0);
  return {
    id: `question-${title}`,
    title,
    body: [...words.map((row) => ({ text: row })), ...body],
    focus: words.length + focus,
  };
}

/** A sentence that is read with Up and Down where it is longer than the display. */
export function saidScreen(id: string, title: string, sentence: string, width: number): Screen {
  return { id, title, body: wrap(displayText(sentence), width).map((text) => ({ text })) };
}

function choice(
  id: string,
  title: string,
  rows: readonly string[],
  selected: number,
): Screen & { readonly focus: number } {
  return {
    id,
    title,
    body: rows.map((row, index) => ({ text: `${index === selected ? '>' : ' '}${row}` })),
    focus: selected,
  };
}
