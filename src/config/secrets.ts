import { z } from 'zod';
import { configSchema } from './schema.ts';

/** What stands in place of a secret that was taken out. */
export const removedSecret = '(removed)';

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
 */
export function withoutSecrets(document: unknown): unknown {
  return cleaned(
    document,
    settingsOf().map(({ path, secret }) => ({ path: path.split('.'), secret })),
  );
}

interface Rest {
  readonly path: readonly string[];
  readonly secret: boolean;
}

function cleaned(value: unknown, settings: readonly Rest[]): unknown {
  const leaf = settings.find(({ path }) => path.length === 0);
  if (leaf?.secret) return value === '' || value === null ? value : removedSecret;
  if (typeof value !== 'object' || value === null) return settings.length > 0 ? value : undefined;
  if (Array.isArray(value)) return value.map((one) => cleaned(one, below(settings, '*')));
  const kept = Object.entries(value).flatMap(([name, one]) => {
    const of = below(settings, name);
    return of.length > 0 ? [[name, cleaned(one, of)] as const] : [];
  });
  return Object.fromEntries(kept);
}

function below(settings: readonly Rest[], name: string): Rest[] {
  return settings.flatMap(({ path: [first, ...path], secret }) => (first === name ? [{ path, secret }] : []));
}
