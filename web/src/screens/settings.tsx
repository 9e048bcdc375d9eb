import { useRoute } from 'preact-iso';
import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { Trouble } from '../parts/notes.tsx';
import { Page } from '../parts/page.tsx';
import { helpOf, Setting, titleOf } from '../parts/setting.tsx';
import { places } from '../settings-places.ts';
import { type Schema, schemaAt, valueAt } from '../settings-schema.ts';
import { useStaged } from '../staged.tsx';
import { say, type Word } from '../words.ts';
import { History } from './history.tsx';

/** Every setting of the box: one screen for each subject, and the history. What is changed here is gathered, not done. */
export function Settings() {
  const { screen = places[0].id } = useRoute().params;
  const place = places.find(({ id }) => id === screen);
  return (
    <Page title={say('nav.settings')}>
      <nav class="tabs" aria-label={say('nav.settings')}>
        {[...places.map(({ id }) => id), 'history'].map((id) => (
          <a key={id} href={`/settings/${id}`} aria-current={id === screen ? 'page' : undefined}>
            {say(`settings.${id}` as Word)}
          </a>
        ))}
      </nav>
      {screen === 'history' ? (
        <History />
      ) : place ? (
        <Form key={place.id} paths={place.paths} />
      ) : (
        <Trouble>{say('nowhere')}</Trouble>
      )}
    </Page>
  );
}

function Form({ paths }: { readonly paths: readonly string[] }) {
  const form = useAsked(() => ask('configForm', {}), ['config.changed']);
  if (!form.value) return form.error ? <Trouble again={form.again}>{form.error}</Trouble> : null;
  const { document, schema } = form.value;
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      {paths.map((path) => {
        const part = schemaAt(schema as Schema, path);
        return part && <Part key={path} path={path} schema={part} document={document} />;
      })}
    </form>
  );
}

/** Groups are opened down to their settings, so that each is a wish of its own. */
function Part(props: { readonly path: string; readonly schema: Schema; readonly document: unknown }) {
  const { path, schema, document } = props;
  const { wishes, wish } = useStaged();
  if (schema.type === 'object' && schema.properties)
    return (
      <fieldset>
        <legend>{titleOf(path)}</legend>
        <p class="quiet">{helpOf(path, schema)}</p>
        {Object.entries(schema.properties).map(([name, one]) => (
          <Part key={name} path={`${path}.${name}`} schema={one} document={document} />
        ))}
      </fieldset>
    );
  const made = wishes.find((one) => one.path === path);
  return (
    <Setting
      path={path}
      schema={schema}
      value={made ? made.value : valueAt(document, path)}
      set={(value) => wish(path, value)}
      isChanged={(one) => one === path && made !== undefined}
    />
  );
}
