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

/** Never empty; as many entries as before, whatever the state of the box becomes. */
export function menuOf({ lines, mayAct, canTest }: PanelState): readonly MenuEntry[] {
  const isPaused = lines.some(({ paused }) => paused !== 'no');
  const test: MenuEntry = { title: 'Line test', leads: { to: 'lines' } };
  const pause = isPaused ? act('Resume faxing', 'resume') : act('Pause faxing', 'pause');
  return [
    { title: 'Network', leads: { to: 'show', screen: networkScreen } },
    ...(mayAct && canTest ? [test] : []),
    { title: 'Last faxes', leads: { to: 'show', screen: callsScreen } },
    ...(mayAct ? [pause] : []),
    { title: 'About this box', leads: { to: 'show', screen: aboutScreen } },
    ...(mayAct
      ? [act('Restart', 'restart'), act('Shut down', 'shut-down'), act('Factory reset', 'factory-reset')]
      : []),
  ];
}

function act(title: string, kind: Exclude<Action['kind'], 'test'>): MenuEntry {
  return { title, leads: { to: 'action', action: { kind } } };
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
