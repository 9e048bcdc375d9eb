import { z } from 'zod';
import { configSchema } from './schema.ts';

/** What stands in place of a secret that is not shown. */
export const hiddenSecret = '(hidden)';

/** A type as it is looked at here: what it is made of. */
interface Definition {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly options?: readonly z.core.$ZodType[];
}

/** A setting that holds one value, and whether it is marked as secret (`values.ts`). */
export interface Setting {
  /** `outbound.smarthost.password`; entries of a list are `*`. */
  readonly path: string;
  readonly secret: boolean;
}

/** Every setting of the schema. */
export function settingsOf(schema: z.core.$ZodType = configSchema, path = '', secret = false): readonly Setting[] {
  const definition = schema._zod.def as Definition;
  const marked = secret || isMarked(schema);
  const below = (type: z.core.$ZodType, name: string): readonly Setting[] =>
    settingsOf(type, path === '' ? name : `${path}.${name}`, marked);
  if (definition.shape) return Object.entries(definition.shape).flatMap(([name, type]) => below(type, name));
  if (definition.element) return below(definition.element, '*');
  const inner = definition.innerType ?? definition.in;
  if (inner) return settingsOf(inner, path, marked);
  const groups = definition.options?.filter((option) => (option._zod.def as Definition).shape) ?? [];
  if (groups.length > 0) return groups.flatMap((option) => settingsOf(option, path, marked));
  return [{ path, secret: marked || (definition.options?.some(isMarked) ?? false) }];
}

function isMarked(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.secret === true;
}

/**
 * A configuration or document without its secrets. What is no setting of this version is left out whole: nobody knows
 * whether it is secret.
 * @param path of `value` in the whole; empty when it is the whole
 */
export function withoutSecrets(value: unknown, path = ''): unknown {
  return walked(value, path, (secret) => (secret === '' || secret === null ? secret : hiddenSecret));
}

/** Puts what is hidden back: where a secret is to be written as `hiddenSecret`, it stays as it was in `former`. */
export function withSecrets(value: unknown, path: string, former: unknown): unknown {
  return walked(value, path, (secret, keys) => (secret === hiddenSecret ? valueIn(former, keys) : secret));
}

function valueIn(whole: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], whole);
}

/** What is done with a secret. */
type Treatment = (secret: unknown, keys: readonly string[]) => unknown;

function walked(value: unknown, path: string, treat: Treatment): unknown {
  const all = settingsOf().map((setting) => ({ path: setting.path.split('.'), secret: setting.secret }));
  const keys = path === '' ? [] : path.split('.');
  const rest = keys.reduce<readonly Rest[]>((left, key) => below(left, /^\d+$/.test(key) ? '*' : key), all);
  return cleaned(value, rest, treat, []);
}

interface Rest {
  readonly path: readonly string[];
  readonly secret: boolean;
}

function cleaned(value: unknown, settings: readonly Rest[], treat: Treatment, keys: readonly string[]): unknown {
  const leaf = settings.find(({ path }) => path.length === 0);
  if (leaf?.secret) return treat(value, keys);
  if (typeof value !== 'object' || value === null) return settings.length > 0 ? value : undefined;
  if (Array.isArray(value))
    return value.map((one, index) => cleaned(one, below(settings, '*'), treat, [...keys, `${index}`]));
  const kept = Object.entries(value).flatMap(([name, one]) => {
    const of = below(settings, name);
    return of.length > 0 ? [[name, cleaned(one, of, treat, [...keys, name])] as const] : [];
  });
  return Object.fromEntries(kept);
}

function below(settings: readonly Rest[], name: string): Rest[] {
  return settings.flatMap(({ path: [first, ...path], secret }) => (first === name ? [{ path, secret }] : []));
}
