/**
 * Flags of a message: system flags and `$Forwarded` are letters in the file's name (Maildir `:2,` info, where every
 * program sees them), all other keywords stand in the index.
 */

const letterOf: Readonly<Record<string, string>> = {
  '\\Draft': 'D',
  '\\Flagged': 'F',
  $Forwarded: 'P',
  '\\Answered': 'R',
  '\\Seen': 'S',
  '\\Deleted': 'T',
};
const flagOf: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(letterOf).map(([flag, letter]) => [letter, flag]),
);

/** Forms in which flags are kept, whatever case they are given in (RFC 9051 §2.3.2: no difference is made). */
const known = new Map(
  [...Object.keys(letterOf), '$MDNSent', '$Junk', '$NotJunk', '$Phishing', '$Submitted', '$SubmitPending'].map(
    (flag) => [flag.toLowerCase(), flag],
  ),
);

/** Longest keyword, in characters, and the most that one message bears; what is more is left out. */
export const keywordLimit = 100;
export const keywordsLimit = 64;

/** `atom` of RFC 9051 §9. */
const keywordPattern = /^[^\x00-\x20\x7f-\uffff(){%*"\\\]]+$/;

/** Flags as they can be kept: in their known form, each once, sorted. What is no keyword, and `\Recent`, is left out. */
export function keptFlags(flags: readonly string[]): string[] {
  const kept = new Map<string, string>();
  for (const flag of flags) {
    const key = flag.toLowerCase();
    const usable = known.has(key) || (flag.length <= keywordLimit && keywordPattern.test(flag));
    if (usable && !kept.has(key)) kept.set(key, known.get(key) ?? flag);
  }
  const system = [...kept.values()].filter((flag) => Object.hasOwn(letterOf, flag));
  const keywords = [...kept.values()].filter((flag) => !Object.hasOwn(letterOf, flag)).slice(0, keywordsLimit);
  return [...system, ...keywords].sort();
}

export function changedFlags(
  present: readonly string[],
  how: 'add' | 'remove' | 'replace',
  flags: readonly string[],
): string[] {
  if (how === 'replace') return keptFlags(flags);
  if (how === 'add') return keptFlags([...present, ...flags]);
  const gone = new Set(flags.map((flag) => flag.toLowerCase()));
  return present.filter((flag) => !gone.has(flag.toLowerCase()));
}

/**
 * The info part of the file's name for these flags. Letters of other programs in the present info are kept.
 * @param info the present one, such as `:2,S`, or empty.
 */
export function infoFor(flags: readonly string[], info = ''): string {
  const foreign = [...lettersOf(info)].filter((letter) => !Object.hasOwn(flagOf, letter));
  const own = flags.flatMap((flag) => (Object.hasOwn(letterOf, flag) ? letterOf[flag]! : []));
  return `:2,${[...new Set([...foreign, ...own])].sort().join('')}`;
}

/** Keywords of the index, parted by spaces. */
export function keywordsFor(flags: readonly string[]): string {
  return flags.filter((flag) => !Object.hasOwn(letterOf, flag)).join(' ');
}

function lettersOf(info: string): string {
  return info.startsWith(':2,') ? info.slice(3) : '';
}

const remembered = new Map<string, readonly string[]>();
/** A mailbox knows few different sets of flags; the same array for all spares memory in long lists. */
const rememberedLimit = 5000;

/** Flags by name and index, sorted. */
export function flagsFrom(info: string, keywords: string): readonly string[] {
  return flagsFromText(`${info}/${keywords}`);
}

/** As `flagsFrom`, of `info/keywords`; no file name holds a `/`. */
export function flagsFromText(text: string): readonly string[] {
  const found = remembered.get(text);
  if (found) return found;
  const slash = text.indexOf('/');
  const letters = [...new Set(lettersOf(text.slice(0, slash)))].flatMap((letter) => flagOf[letter] ?? []);
  const keywords = text
    .slice(slash + 1)
    .split(' ')
    .filter(Boolean);
  const flags = Object.freeze([...letters, ...keywords].sort());
  if (remembered.size >= rememberedLimit) remembered.clear();
  remembered.set(text, flags);
  return flags;
}
