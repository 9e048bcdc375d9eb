import { type Action, doingText, questionsBefore } from './actions.ts';
import type { Screen } from './frame.ts';
import type { KeyName } from './lcdproc-session.ts';
import { linesScreen, menuOf, menuScreen, questionScreen, saidScreen } from './menu.ts';
import type { PanelState } from './panel-state.ts';
import { chosenScreens, screensOf } from './screens.ts';

/**
 * Where the person at the panel is. Pure: place, key and state give the next place; place and state give the screen. A place of
 * the kind `doing` is what somebody wants done: whoever holds the place does it and puts `said` there.
 */
export type Place =
  /** Nobody is there: the panel chooses. */
  | { readonly kind: 'chosen' }
  /** Walked to a screen with Up and Down. */
  | { readonly kind: 'walk'; readonly screen: string }
  | ({ readonly kind: 'menu' } & InMenu)
  /** In an entry of the menu; `row` of its text is in view. */
  | ({ readonly kind: 'entry'; readonly row: number } & InMenu)
  /** Chooses the line that is tested. */
  | ({ readonly kind: 'lines'; readonly line: number } & InMenu)
  | ({ readonly kind: 'question'; readonly action: Action; readonly step: number; readonly yes: boolean } & InMenu)
  | Doing
  | ({ readonly kind: 'said'; readonly title: string; readonly sentence: string; readonly row: number } & InMenu);

/** The entry of the menu that this came from, and where Escape leads back to. */
interface InMenu {
  readonly selected: number;
}

export type Doing = { readonly kind: 'doing'; readonly action: Action } & InMenu;

export const nobodyThere: Place = { kind: 'chosen' };

/** @param turn counts up while nobody is there, for screens that take turns */
export function screenAt(place: Place, state: PanelState, width: number, turn: number): Screen {
  switch (place.kind) {
    case 'chosen': {
      const screens = chosenScreens(state, width);
      return screens[turn % screens.length]!;
    }
    case 'walk': {
      const screens = screensOf(state, width);
      return screens.find(({ id }) => id === place.screen) ?? screens[0]!;
    }
    case 'menu':
      return menuScreen(state, place.selected);
    case 'entry':
      return { ...shownBy(place, state, width), focus: place.row };
    case 'lines':
      return linesScreen(state, Math.min(place.line, state.lines.length - 1), width);
    case 'question':
      return questionScreen(questionsBefore(place.action, state)[place.step]!, place.yes, width);
    case 'doing':
      return saidScreen('doing', titleOf(place, state), doingText(place.action), width);
    case 'said':
      return { ...saidScreen('said', place.title, place.sentence, width), focus: place.row };
  }
}

/** What became of something that was done; `title` is the entry of the menu. */
export function said({ selected }: Doing, title: string, sentence: string, height: number): Place {
  return { kind: 'said', title, sentence, row: firstView(height), selected };
}

/** @param height rows of the display */
export function pressed(
  place: Place,
  key: KeyName,
  state: PanelState,
  { width, height, turn }: { readonly width: number; readonly height: number; readonly turn: number },
): Place {
  const step = key === 'Down' ? 1 : key === 'Up' ? -1 : 0;
  const isBack = key === 'Escape' || key === 'Left';
  switch (place.kind) {
    case 'chosen':
    case 'walk': {
      if (key === 'Enter') return { kind: 'menu', selected: 0 };
      if (key === 'Escape') return nobodyThere;
      if (step === 0) return place;
      const screens = screensOf(state, width);
      const shown = screenAt(place, state, width, turn).id;
      const at = screens.findIndex(({ id }) => id === shown);
      return { kind: 'walk', screen: screens.at((at + step + screens.length) % screens.length)!.id };
    }
    case 'menu': {
      if (isBack) return nobodyThere;
      if (step === 0) return entered(place, state, height);
      const { length } = menuOf(state);
      return { kind: 'menu', selected: (place.selected + step + length) % length };
    }
    case 'entry':
      if (isBack || key === 'Enter') return menuAt(place);
      return moved(place, step, shownBy(place, state, width), height);
    case 'lines': {
      const { length } = state.lines;
      if (isBack || length === 0) return menuAt(place);
      const line = Math.min(place.line, length - 1);
      if (step === 0) return begun({ kind: 'test', line: state.lines[line]!.id }, place, state);
      return { ...place, line: (line + step + length) % length };
    }
    case 'question': {
      if (isBack) return menuAt(place);
      if (step !== 0) return { ...place, yes: !place.yes };
      // Only Enter decides.
      if (key !== 'Enter') return place;
      if (!place.yes) return menuAt(place);
      if (place.step + 1 < questionsBefore(place.action, state).length)
        return { ...place, step: place.step + 1, yes: false };
      return { kind: 'doing', action: place.action, selected: place.selected };
    }
    case 'doing':
      return isBack ? menuAt(place) : place;
    case 'said':
      if (isBack || key === 'Enter') return menuAt(place);
      return moved(place, step, saidScreen('said', place.title, place.sentence, width), height);
  }
}

/** The name in the menu of what is being done. */
export function titleOf({ selected }: InMenu, state: PanelState): string {
  return menuOf(state)[selected]!.title;
}

function entered({ selected }: InMenu, state: PanelState, height: number): Place {
  const { leads } = menuOf(state)[selected]!;
  switch (leads.to) {
    case 'show':
      return { kind: 'entry', selected, row: firstView(height) };
    case 'lines':
      return state.lines.length === 1
        ? begun({ kind: 'test', line: state.lines[0]!.id }, { selected }, state)
        : { kind: 'lines', line: 0, selected };
    case 'action':
      return begun(leads.action, { selected }, state);
  }
}

function begun(action: Action, { selected }: InMenu, state: PanelState): Place {
  if (questionsBefore(action, state).length === 0) return { kind: 'doing', action, selected };
  return { kind: 'question', action, step: 0, yes: false, selected };
}

function menuAt({ selected }: InMenu): Place {
  return { kind: 'menu', selected };
}

function shownBy({ selected }: InMenu, state: PanelState, width: number): Screen {
  const { leads } = menuOf(state)[selected]!;
  return leads.to === 'show' ? leads.screen(state, width) : menuScreen(state, selected);
}

function moved<P extends { readonly row: number }>(place: P, step: number, { body }: Screen, height: number): P {
  return { ...place, row: Math.max(Math.min(place.row + step, body.length - 1), firstView(height)) };
}

/** The last row of the body that is in view at the beginning. */
function firstView(height: number): number {
  return Math.max(height - 2, 0);
}
