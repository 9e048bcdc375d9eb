import { type Config, type ConfigProblem, configSchema, readConfig } from './schema.ts';

/**
 * Reads a document that a newer version has written: what this version does not know, or cannot use, is passed over, and
 * the rest is in force. After a roll-back a box must come up, and mail must flow.
 * @returns problems: what was passed over
 */
export function readNewerConfig(document: unknown): {
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
} {
  const strict = readConfig(document);
  if (strict.kind === 'valid') return { config: strict.config, problems: [] };
  let rest = structuredClone(document);
  for (let round = 0; round < mostRounds; round++) {
    const result = configSchema.safeParse(rest);
    if (result.success) return { config: result.data, problems: strict.problems };
    const issue = result.error.issues[0]!;
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of paths) rest = without(rest, path);
  }
  return { config: configSchema.parse({}), problems: strict.problems };
}

/** Each takes away one value at least; a document of that many wrong ones is none. */
const mostRounds = 1000;

/** Takes the value at a path away; what is missing there is taken away with what it is missing from. */
function without(whole: unknown, path: readonly PropertyKey[]): unknown {
  const key = path.at(-1);
  const above = path.slice(0, -1);
  if (key === undefined) return {};
  const container = above.reduce<unknown>((value, one) => (isContainer(value) ? value[one] : undefined), whole);
  if (!isContainer(container) || !Object.hasOwn(container, key)) return without(whole, above);
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else delete container[key];
  return whole;
}

function isContainer(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}
