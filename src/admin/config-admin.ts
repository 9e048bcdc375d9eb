import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, type ConfigStore, parseDocument, valueAt, withValue } from '../config/config-store.ts';
import { type ConfigDocument, type ConfigProblem, configSchema, readConfig } from '../config/schema.ts';
import { settingsOf, withoutSecrets, withSecrets } from '../config/secrets.ts';
import { AdminError, exitCodes } from './admin-api.ts';
import { effectsOf } from './config-effects.ts';
import type {
  ConfigChange,
  ConfigForm,
  ConfigFormer,
  ConfigPlan,
  ConfigShown,
  ConfigVersion,
} from './views/config-views.ts';

/** Settings. */
export interface ConfigAdmin {
  /** The value in force at a path; the whole without one. */
  configGet(what: { path: string }): Promise<unknown>;
  /** `null` in `value` of `reset` returns a setting to its default. */
  configSet(change: { path: string; value: unknown; reset: boolean }): Promise<ConfigVersion>;
  /** The document as written and the whole in force. */
  configShow(): Promise<ConfigShown>;
  configCheck(): Promise<readonly ConfigProblem[]>;
  /** What a form of all settings needs. */
  configForm(): Promise<ConfigForm>;
  /** What changes would do; nothing is done. */
  configPlan(wish: { changes: readonly ConfigChange[] }): Promise<ConfigPlan>;
  /** All changes or none. `version` is that of the plan: settings that changed meanwhile are not overwritten. */
  configApply(wish: { changes: readonly ConfigChange[]; version: number }): Promise<ConfigVersion>;
  /** Newest first. */
  configHistory(): Promise<readonly ConfigFormer[]>;
  configUndo(to: { version: number }): Promise<ConfigVersion>;
}

export function configAdmin(config: ConfigStore, data: string): ConfigAdmin {
  const wished = (changes: readonly ConfigChange[]) => (document: ConfigDocument) => withChanges(document, changes);
  return {
    configGet: async ({ path }) => {
      const value = path === '' ? config.config : valueAt(config.config, path);
      if (value === undefined)
        throw new AdminError(exitCodes.data, `there is no setting ${path}: see caselli config get`);
      return withoutSecrets(value, path);
    },
    configSet: async ({ path, value, reset }) => {
      await refused(() => config.set(path, reset ? undefined : value));
      return { version: config.version };
    },
    configShow: async () => ({
      document: withoutSecrets(config.document),
      effective: withoutSecrets(config.config),
      version: config.version,
    }),
    configCheck: async () => {
      try {
        const reading = readConfig(parseDocument(await readFile(join(data, 'config.json'), 'utf8')));
        return reading.kind === 'valid' ? [] : reading.problems;
      } catch (error) {
        if (error instanceof ConfigError) return error.problems;
        throw error;
      }
    },
    configForm: async () => ({
      version: config.version,
      schema: z.toJSONSchema(configSchema, { io: 'input' }),
      document: withoutSecrets(config.document),
      secrets: settingsOf().flatMap(({ path, secret }) => (secret ? [path] : [])),
    }),
    configPlan: async ({ changes }) => planOf(config, wished(changes)(structuredClone(config.document))),
    configApply: async ({ changes, version }) => {
      await refused(() =>
        config.change((document) => {
          if (config.version !== version)
            throw new AdminError(exitCodes.tempFail, 'the settings were changed meanwhile; look at them again');
          return wished(changes)(document);
        }),
      );
      return { version: config.version };
    },
    configHistory: async () => Promise.all((await config.history()).map((one) => formerView(config, one))),
    configUndo: async ({ version }) => {
      const former = await config.former(version);
      if (!former)
        throw new AdminError(exitCodes.data, `version ${version} is kept no more: see caselli config history`);
      await refused(() => config.change(() => former));
      return { version: config.version };
    },
  };
}

/** A change of settings that is refused is told as such. @throws AdminError */
export async function refused(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof ConfigError) throw new AdminError(exitCodes.data, `nothing was changed: ${error.message}`);
    throw error;
  }
}

function withChanges(document: ConfigDocument, changes: readonly ConfigChange[]): ConfigDocument {
  return changes.reduce<ConfigDocument>((whole, { path, value }) => {
    const kept = value === undefined ? undefined : withSecrets(value, path, valueAt(whole, path));
    return withValue(whole, path.split('.'), kept) as ConfigDocument;
  }, document);
}

function planOf(config: ConfigStore, wish: ConfigDocument): ConfigPlan {
  const { version } = config;
  try {
    const { changed, config: after } = config.compare(wish);
    const secrets = new Set(settingsOf().flatMap(({ path, secret }) => (secret ? [path] : [])));
    const changes = changed.map((path) => ({
      path,
      before: withoutSecrets(valueAt(config.config, path), path),
      after: withoutSecrets(valueAt(after, path), path),
      secret: secrets.has(path),
    }));
    return { version, problems: [], changes, effects: effectsOf(changed) };
  } catch (error) {
    if (error instanceof ConfigError) return { version, problems: error.problems, changes: [], effects: [] };
    throw error;
  }
}

/** A former document that cannot be read any more is told without its differences. */
async function formerView(
  config: ConfigStore,
  { version, until }: { readonly version: number; readonly until: number },
): Promise<ConfigFormer> {
  const former = await config.former(version).catch(() => undefined);
  let changes: readonly string[] = [];
  try {
    changes = former ? config.compare(former).changed : [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  return { version, until: new Date(until).toISOString(), changes };
}
