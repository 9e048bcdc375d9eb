import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type ConfigStore, parseDocument, valueAt } from '../config/config-store.ts';
import { readConfig } from '../config/schema.ts';
import { type AdminApi, AdminError, exitCodes } from './admin-api.ts';

type ConfigMethods = Pick<AdminApi, 'configGet' | 'configSet' | 'configShow' | 'configCheck'>;

/** Settings whose value is not shown: passwords of other hosts. */
const secret = /(^|\.)password$/;

export function configAdmin(config: ConfigStore, data: string): ConfigMethods {
  return {
    configGet: async ({ path }) => {
      const value = path === '' ? config.config : valueAt(config.config, path);
      if (value === undefined)
        throw new AdminError(exitCodes.data, `there is no setting ${path}: see caselli config get`);
      return withoutSecrets(value, path);
    },
    configSet: async ({ path, value, reset }) => {
      try {
        await config.set(path, reset ? undefined : value);
      } catch (error) {
        if (error instanceof ConfigError) throw new AdminError(exitCodes.data, `nothing was changed: ${error.message}`);
        throw error;
      }
      return { version: config.version };
    },
    configShow: async () => ({
      document: withoutSecrets(config.document, ''),
      effective: withoutSecrets(config.config, ''),
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
  };
}

function withoutSecrets(value: unknown, path: string): unknown {
  if (secret.test(path)) return value === '' ? '' : '(hidden)';
  if (Array.isArray(value)) return value.map((one, index) => withoutSecrets(one, `${path}.${index}`));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, withoutSecrets(one, path ? `${path}.${key}` : key)]),
  );
}
