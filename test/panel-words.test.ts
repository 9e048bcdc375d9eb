import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';

/** The words of the panel: a language is one file, which says all that English says, and names and explains every setting. */

const web = fileURLToPath(new URL('../web/src/', import.meta.url));
type Words = Readonly<Record<string, string>>;
const read = (name: string): Words => JSON.parse(readFileSync(join(web, 'messages', name), 'utf8'));
const english = read('en.json');
const others = readdirSync(join(web, 'messages')).filter((name) => name.endsWith('.json') && name !== 'en.json');

/** Keys that English does without: the schema of the settings has the words, and what the box says is English. */
const ofTheSchema = /^(?:setting|help|choice)\./;
const ofTheBox = /^said\./;

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
}

/** Every setting and group by its path; those of list entries share theirs. */
function* settings(
  schema: Schema,
  path = '',
): Generator<{ readonly path: string; readonly choices: readonly string[] }> {
  const shape = schema.anyOf?.find((one) => one.properties) ?? schema;
  if (path !== '') yield { path, choices: (shape.enum ?? []).map(String) };
  for (const [name, one] of Object.entries(shape.properties ?? {}))
    yield* settings(one, path ? `${path}.${name}` : name);
  for (const [name, one] of Object.entries(shape.items?.properties ?? {})) yield* settings(one, `${path}.${name}`);
}

const everySetting = [...settings(z.toJSONSchema(configSchema, { io: 'input' }) as Schema)];

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

const valuesOf = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name!))].toSorted();

test('there is a language beside English', () => assert.ok(others.length > 0));

for (const name of others) {
  const words = read(name);
  test(`${name} says all that English says, and no more`, () => {
    const said = Object.keys(words).filter((key) => !ofTheSchema.test(key) && !ofTheBox.test(key));
    assert.deepEqual(said.toSorted(), Object.keys(english).toSorted());
    for (const [key, text] of Object.entries(words)) {
      assert.notEqual(text.trim(), '', key);
      if (key in english) assert.deepEqual(valuesOf(text), valuesOf(english[key]!), key);
      for (const [, forms] of text.matchAll(/\{\w+\|([^}]*)\}/g)) assert.ok(forms!.split('|').length >= 2, key);
    }
  });
  test(`${name} names and explains every setting, and every choice`, () => {
    const wanted = everySetting.flatMap(({ path, choices }) => [
      `setting.${path}`,
      `help.${path}`,
      ...choices.filter((choice) => /^[a-z]\w+$/.test(choice)).map((choice) => `choice.${choice}`),
    ]);
    const present = Object.keys(words).filter((key) => ofTheSchema.test(key));
    assert.deepEqual(present.toSorted(), [...new Set(wanted)].toSorted());
  });
}

test('what the box says is translated from words that it has', () => {
  const source = [...sourceFiles(fileURLToPath(new URL('../src/', import.meta.url))), ...sourceFiles(web)]
    .join('\n')
    .replaceAll(/\s+/g, ' ');
  for (const name of others)
    for (const [key, text] of Object.entries(read(name)).filter(([one]) => ofTheBox.test(one))) {
      const template = key.slice('said.'.length);
      assert.deepEqual(valuesOf(text), valuesOf(template), key);
      // Plurals are put together: two words beside each other are found all the same.
      const words = template
        .split(/\{\w+\}/)
        .flatMap((part) => [...part.matchAll(/(?=\b(\w+ \w+)\b)/g)].map(([, two]) => two!));
      assert.ok(words.length === 0 || words.some((two) => source.includes(two)), key);
    }
});

test('every text is used, and every text that is used is there', () => {
  const source = sourceFiles(web).join('\n');
  const named = new Set([...source.matchAll(/['"`]([a-z][\w-]*(?:\.[\w-]+)*)['"`]/gi)].map(([, key]) => key!));
  // Keys that are put together: `line.${state}`.
  const begun = [...source.matchAll(/[`']([a-z][\w-]*(?:\.[\w-]+)*[.-])(?:\$\{|')/gi)].map(([, start]) => start!);
  const unused = Object.keys(english).filter((key) => !named.has(key) && !begun.some((start) => key.startsWith(start)));
  assert.deepEqual(unused, []);
  const asked = [...source.matchAll(/\bsay\(\s*'([^']+)'/g)].map(([, key]) => key!);
  assert.deepEqual(
    asked.filter((key) => !(key in english)),
    [],
  );
});
