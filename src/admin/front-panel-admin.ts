import type { FrontPanelView } from './views/front-panel-views.ts';

/** What the display of the box shows. */
export interface FrontPanelAdmin {
  /** After an answer, the event `lcd.drawn` tells once that it is not true any more. */
  frontPanel(): Promise<FrontPanelView>;
}

/** What a display shows at a moment. */
export interface FrontPanelPicture {
  readonly frame: Pick<FrontPanelView, 'lines' | 'bars'>;
  readonly lights: FrontPanelView['lights'];
}

export interface FrontPanelAdminParts {
  readonly enabled: () => boolean;
  /** Nothing while there is no display. */
  readonly picture: () => FrontPanelPicture | undefined;
}

export function frontPanelAdmin({ enabled, picture }: FrontPanelAdminParts): FrontPanelAdmin {
  return {
    frontPanel: async () => {
      const shown = picture();
      if (!shown) return { state: enabled() ? 'absent' : 'off', width: 0, lines: [], bars: [], lights: [] };
      const { lights } = shown;
      const { lines, bars } = shown.frame;
      return { state: 'shown', width: lines[0]?.length ?? 0, lines, bars, lights };
    },
  };
}
