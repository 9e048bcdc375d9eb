/** The JSON Schema of the settings, as far as a form needs it. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'boolean' | 'integer' | 'number' | 'null';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly secret?: boolean;
}

/** What a form shows for a setting. */
export type Control =
  | { readonly kind: 'group'; readonly properties: Readonly<Record<string, Schema>> }
  /** A group that may be missing as a whole. */
  | { readonly kind: 'optional-group'; readonly group: Schema }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'number'; readonly whole: boolean; readonly min?: number; readonly max?: number }
  | {
      readonly kind: 'text';
      readonly secret: boolean;
      readonly long: boolean;
      readonly maxLength?: number;
      readonly nullable: boolean;
    }
  /** Texts, one in a line. */
  | { readonly kind: 'lines' }
  | { readonly kind: 'list'; readonly item: Schema }
  /** There is one value only. */
  | { readonly kind: 'fixed' };

/** Texts longer than this are written in a field of several lines. */
const longText = 2000;

export function controlOf(schema: Schema): Control {
  const { anyOf = [] } = schema;
  if (schema.const !== undefined) return { kind: 'fixed' };
  const group = anyOf.find(({ type }) => type === 'object');
  if (group) return { kind: 'optional-group', group };
  const text = anyOf.find(({ type, const: only }) => type === 'string' && only === undefined);
  if (text) return { ...textControl({ ...text, ...schema }), nullable: anyOf.some(({ type }) => type === 'null') };
  if (schema.enum) return { kind: 'choice', options: schema.enum };
  switch (schema.type) {
    case 'object':
      return { kind: 'group', properties: schema.properties ?? {} };
    case 'boolean':
      return { kind: 'switch' };
    case 'integer':
    case 'number':
      return numberControl(schema);
    case 'array':
      return schema.items?.type === 'object' ? { kind: 'list', item: schema.items } : { kind: 'lines' };
    default:
      return textControl(schema);
  }
}

/** zod says the range of safe integers where none was meant. */
function numberControl({ type, minimum = -Infinity, maximum = Infinity }: Schema): Control {
  return {
    kind: 'number',
    whole: type === 'integer',
    ...(minimum > Number.MIN_SAFE_INTEGER && { min: minimum }),
    ...(maximum < Number.MAX_SAFE_INTEGER && { max: maximum }),
  };
}

function textControl({ secret = false, maxLength, default: otherwise }: Schema): Extract<Control, { kind: 'text' }> {
  const long = (maxLength ?? 0) > longText || (typeof otherwise === 'string' && otherwise.includes('\n'));
  return { kind: 'text', secret, long, nullable: false, ...(maxLength !== undefined && { maxLength }) };
}

/** The schema at a path; entries of lists are numbers. */
export function schemaAt(schema: Schema, path: string): Schema | undefined {
  return path.split('.').reduce<Schema | undefined>((at, key) => {
    const group = at?.properties ? at : at?.anyOf?.find(({ type }) => type === 'object');
    return /^\d+$/.test(key) ? at?.items : group?.properties?.[key];
  }, schema);
}

export function valueAt(whole: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], whole);
}

/** What is in force when nothing is written. */
export function defaultOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.properties)
    return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, defaultOf(one)]));
  if (schema.type === 'array') return [];
  return schema.type === 'string' ? '' : undefined;
}

/** `maxMessageSize` as words: Max message size. */
export function wordsOf(name: string): string {
  const words = name.replaceAll(
    /([a-z0-9])([A-Z])/g,
    (_whole, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
  return words.charAt(0).toUpperCase() + words.slice(1);
}
