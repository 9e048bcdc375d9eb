import { useId, useState } from 'preact/hooks';
import { controlOf, defaultOf, type Schema, wordsOf } from '../settings-schema.ts';
import { say, sayOr } from '../words.ts';

/** A setting of the box in a form, whatever its kind. `name` is the last word of the path. */
export interface SettingProps {
  readonly path: string;
  readonly schema: Schema;
  /** Undefined where nothing is written: the default is in force. */
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  /** It is to be another one, and is not yet. */
  readonly isChanged?: (path: string) => boolean;
  /** What the box says is wrong with it. */
  readonly problem?: (path: string) => string | undefined;
}

export const titleOf = (path: string): string => sayOr(`setting.${generic(path)}`, wordsOf(path.split('.').at(-1)!));
export const helpOf = (path: string, { description = '' }: Schema): string =>
  sayOr(`help.${generic(path)}`, description);

/** Entries of a list share their names. */
function generic(path: string): string {
  return path.replaceAll(/\.\d+(?=\.|$)/g, '');
}

export function Setting(props: SettingProps) {
  const control = controlOf(props.schema);
  switch (control.kind) {
    case 'fixed':
      return null;
    case 'group':
      return <Group {...props} properties={control.properties} />;
    case 'optional-group':
      return <OptionalGroup {...props} group={control.group} />;
    case 'list':
      return <List {...props} item={control.item} />;
    default:
      return <Field {...props} />;
  }
}

/** @param nested a group inside of another one has a frame of its own */
function Group({
  properties,
  nested = true,
  ...props
}: SettingProps & {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly nested?: boolean;
}) {
  const { path, schema, value, set } = props;
  const values = (value ?? {}) as Record<string, unknown>;
  const fields = Object.entries(properties).map(([name, one]) => (
    <Setting
      key={name}
      {...props}
      path={`${path}.${name}`}
      schema={one}
      value={values[name]}
      set={(next) => set(withName(values, name, next))}
    />
  ));
  if (!nested) return <>{fields}</>;
  return (
    <fieldset>
      <legend>{titleOf(path)}</legend>
      <p class="quiet">{helpOf(path, schema)}</p>
      {fields}
    </fieldset>
  );
}

function withName(values: Record<string, unknown>, name: string, next: unknown): Record<string, unknown> {
  const { [name]: _, ...others } = values;
  return next === undefined ? others : { ...others, [name]: next };
}

function OptionalGroup({ group, ...props }: SettingProps & { readonly group: Schema }) {
  const { path, schema, value, set } = props;
  const isThere = value !== undefined && value !== null;
  return (
    <fieldset>
      <legend>{titleOf(path)}</legend>
      <p class="quiet">{helpOf(path, schema)}</p>
      <label class="switch">
        <input type="checkbox" role="switch" checked={isThere} onChange={() => set(isThere ? null : {})} />
        <span>{titleOf(path)}</span>
      </label>
      {isThere && <Group {...props} schema={group} properties={group.properties ?? {}} nested={false} />}
    </fieldset>
  );
}

function List({ item, ...props }: SettingProps & { readonly item: Schema }) {
  const { path, schema, set } = props;
  const entries = ((props.value ?? defaultOf(schema)) as unknown[]) ?? [];
  const replaced = (index: number, next: unknown): unknown[] => entries.map((one, at) => (at === index ? next : one));
  return (
    <fieldset>
      <legend>{titleOf(path)}</legend>
      <p class="quiet">{helpOf(path, schema)}</p>
      {entries.map((entry, index) => (
        // Entries have no name but their place.
        <div class="entry" key={index}>
          <Group
            {...props}
            path={`${path}.${index}`}
            schema={item}
            properties={item.properties ?? {}}
            value={entry}
            set={(next) => set(replaced(index, next))}
            nested={false}
          />
          <button type="button" class="danger" onClick={() => set(entries.filter((_, at) => at !== index))}>
            {say('remove')}
          </button>
        </div>
      ))}
      <button type="button" onClick={() => set([...entries, {}])}>
        {say('add')}
      </button>
    </fieldset>
  );
}

function Field(props: SettingProps) {
  const { path, schema, value, set } = props;
  const id = useId();
  const problem = props.problem?.(path);
  const changed = props.isChanged?.(path) ?? false;
  const otherwise = defaultOf(schema);
  const describedBy = `${id}-help${problem ? ` ${id}-problem` : ''}`;
  const given = { id, 'aria-describedby': describedBy, 'aria-invalid': problem ? (true as const) : undefined };
  const isSwitch = controlOf(schema).kind === 'switch';
  return (
    <div class={`field ${isSwitch ? 'with-switch' : ''} ${changed ? 'changed' : ''}`}>
      <label for={id}>{titleOf(path)}</label>
      <Input {...props} given={given} />
      <p id={`${id}-help`} class="quiet">
        {helpOf(path, schema)}
        {value !== undefined && isPlain(otherwise) && (
          <>
            {' '}
            <button type="button" class="link" onClick={() => set(undefined)}>
              {say('settings.default', { value: shown(otherwise) })}
            </button>
          </>
        )}
      </p>
      {problem && (
        <p id={`${id}-problem`} class="wrong">
          {problem}
        </p>
      )}
    </div>
  );
}

function isPlain(value: unknown): boolean {
  return (
    (typeof value === 'string' && value !== '' && !value.includes('\n')) ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  );
}

function shown(value: unknown): string {
  if (typeof value === 'boolean') return value ? say('on') : say('off');
  return String(value);
}

interface Given {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': true | undefined;
}

function Input({ schema, value, set, given }: SettingProps & { readonly given: Given }) {
  const control = controlOf(schema);
  const current = value ?? defaultOf(schema);
  switch (control.kind) {
    case 'switch':
      return (
        <input
          {...given}
          type="checkbox"
          role="switch"
          checked={current === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <select {...given} value={String(current ?? '')} onChange={(event) => set(event.currentTarget.value)}>
          {control.options.map((one) => (
            <option key={one} value={one}>
              {sayOr(`choice.${one}`, one)}
            </option>
          ))}
        </select>
      );
    case 'number':
      return (
        <input
          {...given}
          type="number"
          inputMode={control.whole ? 'numeric' : 'decimal'}
          step={control.whole ? 1 : 'any'}
          min={control.min}
          max={control.max}
          value={String(current ?? '')}
          onChange={({ currentTarget: { value: text } }) => set(text === '' ? undefined : Number(text))}
        />
      );
    case 'lines':
      return <Lines schema={schema} current={current} set={set} given={given} />;
    case 'text': {
      const text = String(current ?? '');
      const next = (now: string) => set(control.nullable && now === '' ? null : now);
      if (control.secret) return <Secret given={given} isSet={text !== ''} set={next} />;
      if (control.long)
        return (
          <textarea
            {...given}
            class="code"
            rows={8}
            value={text}
            onChange={(event) => next(event.currentTarget.value)}
          />
        );
      return (
        <input
          {...given}
          maxLength={control.maxLength}
          value={text}
          onChange={(event) => next(event.currentTarget.value)}
        />
      );
    }
    default:
      return null;
  }
}

/** Texts or numbers, one in a line. */
function Lines(props: {
  readonly schema: Schema;
  readonly current: unknown;
  readonly set: (value: unknown) => void;
  readonly given: Given;
}) {
  const { schema, current, set, given } = props;
  const entries = Array.isArray(current) ? current : [];
  const isNumber = schema.items?.type === 'integer' || schema.items?.type === 'number';
  const take = (text: string): void => {
    const lines = text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    set(isNumber ? lines.map(Number) : lines);
  };
  return (
    <textarea
      {...given}
      rows={Math.min(Math.max(entries.length + 1, 2), 8)}
      placeholder={say('settings.one-a-line')}
      value={entries.join('\n')}
      onChange={(event) => take(event.currentTarget.value)}
    />
  );
}

/** A password is never shown; writing into the field replaces it. */
function Secret({
  given,
  isSet,
  set,
}: {
  readonly given: Given;
  readonly isSet: boolean;
  readonly set: (text: string) => void;
}) {
  const [text, setText] = useState('');
  return (
    <div class="row">
      <input
        {...given}
        type="password"
        autocomplete="new-password"
        placeholder={isSet ? '••••••••' : ''}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onChange={(event) => event.currentTarget.value !== '' && set(event.currentTarget.value)}
      />
      {isSet && (
        <button type="button" onClick={() => set('')}>
          {say('remove')}
        </button>
      )}
    </div>
  );
}
