/** Versions as `major.minor.patch` with an optional `-name.number`, compared as Semantic Versioning 2.0.0 §11 says. */

const form = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Longest version, characters. */
const longest = 100;

export function isVersion(text: string): boolean {
  return text.length <= longest && form.test(text);
}

/** @returns below 0 when `a` is older, 0 when neither is, above 0 when it is newer. @throws RangeError when one is no version */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [parts(a), parts(b)];
  for (const at of [0, 1, 2]) {
    const difference = one.numbers[at]! - other.numbers[at]!;
    if (difference !== 0) return difference;
  }
  return comparePreliminary(one.preliminary, other.preliminary);
}

/** False as well when one of them is no version, since nothing can be said then. */
export function isNewer(version: string, than: string): boolean {
  return isVersion(version) && isVersion(than) && compareVersions(version, than) > 0;
}

function parts(version: string): { readonly numbers: readonly number[]; readonly preliminary: readonly string[] } {
  const match = version.length <= longest && form.exec(version);
  if (!match) throw new RangeError(`${JSON.stringify(version.slice(0, longest))} is no version such as 1.4.0`);
  const [, major, minor, patch, preliminary] = match;
  return { numbers: [Number(major), Number(minor), Number(patch)], preliminary: preliminary?.split('.') ?? [] };
}

/** A version without these words is newer than one with them. */
function comparePreliminary(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = compareWords(a[at]!, b[at]!);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareWords(a: string, b: string): number {
  const [aCounts, bCounts] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aCounts && bCounts) return Number(a) - Number(b);
  if (aCounts !== bCounts) return aCounts ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
