import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../src/cli/commands.ts';
import { settingsOf } from '../src/config/secrets.ts';
import type { Operation } from '../src/panel/api/operation.ts';
import { operations } from '../src/panel/api/operations.ts';
import { placeOf, places } from '../web/src/settings-places.ts';

/** What the box can do, the panel can: nothing is left to a shell but what has no place elsewhere. */

/** Verbs that are for a shell by their nature, each with the reason. */
const ofTheShell: Readonly<Record<string, string>> = {
  serve: 'starts the program that serves the panel',
  sendmail: 'hands in mail as programs on the same machine do',
};

const verbs = Object.values(operations as Readonly<Record<string, Operation>>).flatMap((one) => one.verbs);

test('every setting of the schema stands on a screen of the panel, and on one only', () => {
  const settings = settingsOf();
  assert.ok(settings.length > 100);
  assert.deepEqual(
    settings.filter(({ path }) => placeOf(path) === undefined).map(({ path }) => path),
    [],
  );
  const paths = places.flatMap((place) => place.paths as readonly string[]);
  const inside = paths.filter((path) => paths.some((other) => other !== path && path.startsWith(`${other}.`)));
  assert.deepEqual([inside, new Set(paths).size], [[], paths.length]);
  assert.deepEqual(
    paths.filter((path) => !settings.some((one) => one.path === path || one.path.startsWith(`${path}.`))),
    [],
    'no screen holds what is no setting',
  );
});

test('every verb of the command line can be done in the panel', () => {
  const names = commands.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => !verbs.includes(name) && !(name in ofTheShell)),
    [],
  );
  assert.deepEqual(
    verbs.filter((verb) => !names.includes(verb)),
    [],
    'no operation names a verb that does not exist',
  );
});
