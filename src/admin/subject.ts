/** Fields of inputs that say what a request is about, most telling first. None of them is ever secret. */
const telling = [
  'address',
  'id',
  'name',
  'domain',
  'path',
  'recipient',
  'line',
  'version',
  'number',
  'account',
] as const;
const longest = 200;

/** What a request is about, in a word: the address of a person, the id of a message. Empty where nothing tells. */
export function subjectOf(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const fields = input as Readonly<Record<string, unknown>>;
  const found = telling.map((name) => fields[name]).find((value) => ['string', 'number'].includes(typeof value));
  return found === undefined ? '' : String(found).slice(0, longest);
}

/** Fields that may be written into the audit log beside the subject, where they are short or plain. */
const open: ReadonlySet<string> = new Set([
  'fullName',
  'to',
  'targets',
  'mode',
  'state',
  'step',
  'interface',
  'gateway',
  'dns',
  'from',
  'destination',
]);
const neverOpen = /pass|secret|code|key|token|text|value|content|answer/i;

/** What of an input may be told beside its subject: switches and numbers, and texts that are known to hold no secret. */
export function detailsOf(input: unknown): readonly string[] {
  if (typeof input !== 'object' || input === null) return [];
  return Object.entries(input).flatMap(([name, value]) => {
    if (neverOpen.test(name) || value === undefined) return [];
    const plain =
      typeof value === 'boolean' || (typeof value === 'number' && !(telling as readonly string[]).includes(name));
    return plain || open.has(name) ? [`${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`] : [];
  });
}
