import type { Directory } from '../accounts/directory.ts';
import type { ConfigStore } from '../config/config-store.ts';
import { type SetupRecord, type SetupStep, setupSteps } from '../system/setup/setup-record.ts';
import type { SetupView } from './views/setup-views.ts';

/** The first run of the panel. */
export interface SetupAdmin {
  setupStatus(): Promise<SetupView>;
  /** Says of a step what no setting shows. */
  setupMark(what: { step: SetupStep; state: 'open' | 'done' | 'skipped' }): Promise<SetupView>;
  setupFinish(what: { finished: boolean }): Promise<SetupView>;
}

export interface SetupParts {
  readonly record: SetupRecord;
  readonly config: ConfigStore;
  readonly directory: Directory;
  /** Whether the administrator has a password of the own. */
  readonly passwordSet: () => boolean;
  /** What the box is called until somebody names it. */
  readonly firstName: string;
}

/** What was set counts, whoever set it and wherever: a box that was set up by the command line has nothing left to ask. */
export function setupAdmin({ record, config, directory, passwordSet, firstName }: SetupParts): SetupAdmin {
  const isSet = (step: SetupStep): boolean => {
    const { document, config: now } = config;
    switch (step) {
      case 'password':
        return passwordSet();
      case 'name':
        return document.name !== undefined && document.name !== firstName;
      case 'network':
        return now.system.network.mode === 'fixed';
      case 'time':
        return document.system?.time?.zone !== undefined;
      case 'mail-out':
        return now.outbound.smarthost !== null;
      case 'people':
        return directory.listPeople().length > 0;
      case 'line':
        return now.fax.lines.length > 0;
      case 'faxes':
        return now.fax.deliverTo.length > 0;
      case 'publish':
        return false;
    }
  };
  const status = (): SetupView => {
    const steps = setupSteps.map((step) => {
      const state = isSet(step) ? ('done' as const) : (record.mark(step) ?? ('open' as const));
      return { step, state };
    });
    return { finished: record.finished ?? directory.listPeople().length > 0, steps };
  };
  return {
    setupStatus: async () => status(),
    setupMark: async ({ step, state }) => {
      await record.setMark(step, state === 'open' ? undefined : state);
      return status();
    },
    setupFinish: async ({ finished }) => {
      await record.setFinished(finished);
      return status();
    },
  };
}
