/**
 * Whether a folder name matches a LIST pattern (RFC 9051 §6.3.9): `*` stands for anything, `%` for anything within one
 * level. Takes time by the product of the lengths, whatever the pattern.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  // reached[i]: the pattern so far matches the first i characters.
  let reached = new Array<boolean>(name.length + 1).fill(false);
  reached[0] = true;
  for (const char of pattern) reached = step(reached, char, name);
  return reached[name.length]!;
}

function step(before: readonly boolean[], char: string, name: string): boolean[] {
  const after = new Array<boolean>(before.length).fill(false);
  for (let end = 0; end < before.length; end++) {
    if (char === '*') after[end] = before[end]! || (end > 0 && after[end - 1]!);
    else if (char === '%') after[end] = before[end]! || (end > 0 && name[end - 1] !== '.' && after[end - 1]!);
    else after[end] = end >= char.length && before[end - char.length]! && name.startsWith(char, end - char.length);
  }
  return after;
}

/** Patterns as LIST uses them: INBOX is the same in any case of letters. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some(
    (pattern) => matchesPattern(pattern, name) || (name === 'INBOX' && matchesPattern(pattern.toUpperCase(), name)),
  );
}
