import en from './messages/en.json';

/** The texts of the panel. A further language is a further file in `messages/`; what it lacks is said in English. */
export type Word = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;

const files = import.meta.glob<Readonly<Record<string, string>>>(['./messages/*.json', '!./messages/en.json'], {
  import: 'default',
});

export const languages: readonly string[] = [
  'en',
  ...Object.keys(files).map((path) => path.slice('./messages/'.length, -5)),
];

let language = 'en';
let words: Readonly<Record<string, string>> = en;

const storedAs = 'caselli.language';

/** That of the last visit, else the browser's. */
export async function startLanguage(): Promise<void> {
  const wished = [localStorage.getItem(storedAs) ?? '', ...navigator.languages.map((one) => one.slice(0, 2))];
  await setLanguage(wished.find((one) => languages.includes(one)) ?? 'en');
}

export async function setLanguage(wished: string): Promise<void> {
  const load = files[`./messages/${wished}.json`];
  words = load ? { ...en, ...(await load()) } : en;
  language = wished;
  boxSentences = undefined;
  document.documentElement.lang = wished;
}

export function keepLanguage(wished: string): void {
  localStorage.setItem(storedAs, wished);
  location.reload();
}

export function currentLanguage(): string {
  return language;
}

/**
 * A text with its values: `{name}` is replaced; `{count|page|pages}` takes the form that the count asks for. Languages with
 * more forms name them as CLDR does: `{count|one:strona|few:strony|other:stron}`.
 */
export function say(word: Word, values: Values = {}): string {
  return fill(words[word] ?? word, values);
}

/** A text that may be missing: names and help of settings are in the schema, and translated only elsewhere. */
export function sayOr(word: string, otherwise: string): string {
  return words[word] ?? otherwise;
}

/** Sentences that the box makes, in English, by what a language has for them: `said.The call was stopped.`, with `{values}`. */
let boxSentences: readonly { readonly pattern: RegExp; readonly text: string }[] | undefined;
const saidPrefix = 'said.';

/** What the box said, in the language of the page as far as that knows it: as a whole, else sentence by sentence. */
export function sayBox(text: string): string {
  boxSentences ??= Object.entries(words).flatMap(([key, translation]) =>
    key.startsWith(saidPrefix) ? [{ pattern: patternOf(key.slice(saidPrefix.length)), text: translation }] : [],
  );
  if (boxSentences.length === 0) return text;
  return (
    inWords(text) ??
    text
      .split(/(?<=[.!?])\s+(?=\S)/)
      .map((one) => inWords(one) ?? one)
      .join(' ')
  );
}

function patternOf(template: string): RegExp {
  const parts = template.split(/\{(\w+)\}/);
  const source = parts.map((part, at) =>
    at % 2 === 1 ? `(?<${part}>.+?)` : part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'),
  );
  return new RegExp(`^${source.join('')}$`, 's');
}

function inWords(sentence: string): string | undefined {
  for (const { pattern, text } of boxSentences ?? []) {
    const found = pattern.exec(sentence);
    if (found) return fill(text, found.groups ?? {});
  }
  return undefined;
}

function fill(text: string, values: Values): string {
  return text
    .replaceAll(/\{(\w+)\|([^}]*)\}/g, (_whole, name: string, forms: string) =>
      formFor(new Intl.PluralRules(language).select(Number(values[name])), forms.split('|')),
    )
    .replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function formFor(category: Intl.LDMLPluralRule, forms: readonly string[]): string {
  const named = new Map(
    forms.flatMap((form) => {
      const [, name, text = ''] = /^(zero|one|two|few|many|other):(.*)$/.exec(form) ?? [];
      return name === undefined ? [] : [[name, text] as const];
    }),
  );
  if (named.size > 0) return named.get(category) ?? named.get('other') ?? '';
  return (category === 'one' ? forms[0] : forms[1]) ?? '';
}

export function time(iso: string): string {
  if (iso === '') return '';
  const at = new Date(iso);
  const today = new Date().toDateString() === at.toDateString();
  const day: Intl.DateTimeFormatOptions = today ? {} : { day: 'numeric', month: 'short' };
  return at.toLocaleString(language, { ...day, hour: '2-digit', minute: '2-digit' });
}

export function day(iso: string): string {
  return iso === ''
    ? ''
    : new Date(iso).toLocaleDateString(language, { day: 'numeric', month: 'long', year: 'numeric' });
}

export function number(value: number, digits = 0): string {
  return value.toLocaleString(language, { maximumFractionDigits: digits });
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = count < 1 ? 0 : Math.min(Math.floor(Math.log(count) / Math.log(1024)), units.length - 1);
  return `${number(count / 1024 ** step, step > 1 ? 1 : 0)} ${units[step]}`;
}

export function seconds(count: number): string {
  if (count < 60) return `${number(count)} s`;
  if (count < 3600) return `${number(Math.floor(count / 60))} min`;
  if (count < 86_400) return `${number(Math.floor(count / 3600))} h`;
  return `${number(Math.floor(count / 86_400))} d`;
}
