import { plural } from '../lib/words.ts';
import type { PanelSources, PanelState } from './panel-state.ts';

/** What a person at the front panel can let the box do. */
export type Action =
  | { readonly kind: 'pause' | 'resume' | 'restart' | 'shut-down' | 'factory-reset' }
  | { readonly kind: 'test'; readonly line: string };

/** A question before something is done; `No` is chosen at first. */
export interface Question {
  readonly title: string;
  /** Fits one row of 20 characters: there the answers stand below it. */
  readonly text: string;
  readonly yes: string;
}

/** What is asked before, one after the other; nothing before what harms nobody. */
export function questionsBefore(action: Action, { lines }: PanelState): readonly Question[] {
  const calls = lines.filter(({ peer }) => peer !== '').length;
  const breaks = calls > 0 ? `Breaks ${plural(calls, 'call')}.` : '';
  switch (action.kind) {
    case 'pause':
      return [{ title: 'Pause faxing?', text: 'New faxes will wait.', yes: 'Yes, pause' }];
    case 'restart':
      return [{ title: 'Restart?', text: breaks || 'Mail waits meanwhile', yes: 'Yes, restart' }];
    case 'shut-down':
      return [{ title: 'Shut down?', text: breaks || 'Nothing will come in', yes: 'Yes, shut down' }];
    case 'factory-reset':
      return [
        { title: 'Factory reset?', text: 'Erases everything.', yes: 'Yes, erase' },
        { title: 'Really erase?', text: 'Mail, faxes, people.', yes: 'Yes, erase all' },
      ];
    case 'resume':
    case 'test':
      return [];
  }
}

/** Said while it is being done. */
export function doingText({ kind }: Action): string {
  return kind === 'test' ? 'Asking the modem. Please wait.' : 'Please wait.';
}

/**
 * Does it. @returns what is said then
 * @throws Error with the reason in a sentence
 */
export async function perform(action: Action, { api, testLine }: PanelSources): Promise<string> {
  switch (action.kind) {
    case 'pause':
      await api.faxPause({ line: '', answer: true });
      return 'Faxes wait. Calls are answered.';
    case 'resume':
      await api.faxResume({ line: '' });
      return 'Faxes go out again.';
    case 'restart':
      await api.systemReboot();
      return 'The box restarts.';
    case 'shut-down':
      await api.systemShutdown();
      return 'The box shuts down.';
    case 'factory-reset':
      await api.systemFactoryReset();
      return 'All data are erased; the box restarts.';
    case 'test':
      if (!testLine) throw new Error('Lines cannot be tested here.');
      return testLine(action.line);
  }
}
