import type { Screen } from './frame.ts';
import type { KeyName } from './lcdproc-session.ts';
import type { PanelState } from './panel-state.ts';
import { aboutScreen, callsScreen, chosenScreens, networkScreen, screensOf } from './screens.ts';

/** Where the person at the panel is. Pure: place, key and state give the next place; place and state give the screen. */
export type Place =
  /** Nobody is there: the panel chooses. */
  | { readonly kind: 'chosen' }
  /** Walked to a screen with Up and Down. */
  | { readonly kind: 'walk'; readonly screen: string }
  | { readonly kind: 'menu'; readonly selected: number }
  /** In an entry of the menu; `row` of its text is in view. */
  | { readonly kind: 'entry'; readonly selected: number; readonly row: number };

export const nobodyThere: Place = { kind: 'chosen' };

/** An entry of the menu: what it is called and what it shows. */
interface MenuEntry {
  readonly title: string;
  show(state: PanelState, width: number): Screen;
}

const menu: readonly MenuEntry[] = [
  { title: 'Network', show: networkScreen },
  { title: 'Last faxes', show: callsScreen },
  { title: 'About this box', show: aboutScreen },
];

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
      return {
        id: 'menu',
        title: 'Menu',
        body: menu.map(({ title }, index) => ({ text: `${index === place.selected ? '>' : ' '}${title}` })),
        focus: place.selected,
      };
    case 'entry':
      return { ...menu[place.selected]!.show(state, width), focus: place.row };
  }
}

/** @param height rows of the display */
export function pressed(
  place: Place,
  key: KeyName,
  state: PanelState,
  { width, height, turn }: { readonly width: number; readonly height: number; readonly turn: number },
): Place {
  const step = key === 'Down' ? 1 : key === 'Up' ? -1 : 0;
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
    case 'menu':
      if (key === 'Enter' || key === 'Right')
        return { kind: 'entry', selected: place.selected, row: firstView(height) };
      if (key === 'Escape' || key === 'Left') return nobodyThere;
      return { kind: 'menu', selected: (place.selected + step + menu.length) % menu.length };
    case 'entry': {
      if (key === 'Escape' || key === 'Left' || key === 'Enter') return { kind: 'menu', selected: place.selected };
      const last = menu[place.selected]!.show(state, width).body.length - 1;
      return { ...place, row: Math.max(Math.min(place.row + step, last), firstView(height)) };
    }
  }
}

/** The last row of the body that is in view at the beginning. */
function firstView(height: number): number {
  return Math.max(height - 2, 0);
}
