import type { FolderInfo } from './types.ts';

/** Names of folders: Unicode, levels parted by `.`; on disk `.` and the name in UTF-8 (Maildir++), INBOX is the root. */

/** Longest name, in octets of UTF-8: a file name may have 255, and a name needs room for what is written beside it. */
export const nameLimitBytes = 200;

/**
 * The name as the store keeps it, with INBOX in capitals at the first level.
 * @returns undefined for what cannot be a folder: an empty level, `/`, control characters, more than 200 octets.
 */
export function folderName(name: string): string | undefined {
  const levels = name.split('.');
  if (levels.some((level) => level === '')) return undefined;
  if (/[\x00-\x1f\x7f-\x9f/\u2028\u2029\ufffd]/.test(name) || !name.isWellFormed()) return undefined;
  if (Buffer.byteLength(name) > nameLimitBytes) return undefined;
  if (levels[0]!.toUpperCase() === 'INBOX') levels[0] = 'INBOX';
  return levels.join('.');
}

/** The folder's directory under the Maildir. */
export function directoryOf(name: string): string {
  return name === 'INBOX' ? '' : `.${name}`;
}

/** The folder that a directory is. @returns undefined when its name is not one that `folderName` would give. */
export function nameOfDirectory(directory: string): string | undefined {
  if (!directory.startsWith('.')) return undefined;
  const name = directory.slice(1);
  return name !== 'INBOX' && folderName(name) === name ? name : undefined;
}

export function isBelow(name: string, above: string): boolean {
  return name.startsWith(`${above}.`);
}

/** The name that a folder gets when `from` is renamed to `to`. */
export function renamed(name: string, from: string, to: string): string {
  return to + name.slice(from.length);
}

/** RFC 6154 attributes by name, first level; of several folders the first in its row has the attribute. */
const specialNames: readonly (readonly [string, readonly string[]])[] = [
  ['\\Drafts', ['drafts']],
  ['\\Sent', ['sent', 'sent items', 'sent messages']],
  ['\\Trash', ['trash', 'deleted items', 'deleted messages']],
  ['\\Junk', ['junk', 'spam', 'junk e-mail', 'junk email']],
  ['\\Archive', ['archive', 'archives']],
];

/** What a new mailbox has beside INBOX: those that Thunderbird, Outlook, Apple Mail and phones look for. */
export const defaultFolders: readonly string[] = ['Drafts', 'Sent', 'Trash', 'Junk'];

/** The list of folders, levels that only hold others included, INBOX first, the others sorted. */
export function describeFolders(names: ReadonlySet<string>, subscribed: ReadonlySet<string>): FolderInfo[] {
  const all = new Set<string>(['INBOX']);
  const parents = new Set<string>();
  for (const name of names) {
    all.add(name);
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      parents.add(name.slice(0, dot));
      all.add(name.slice(0, dot));
    }
  }
  const special = specialFolders(names);
  return [...all]
    .sort((a, b) => Number(b === 'INBOX') - Number(a === 'INBOX') || (a < b ? -1 : 1))
    .map((name) => {
      const specialUse = special.get(name);
      return {
        name,
        hasChildren: parents.has(name),
        selectable: names.has(name),
        subscribed: subscribed.has(name),
        ...(specialUse !== undefined && { specialUse }),
      };
    });
}

function specialFolders(names: ReadonlySet<string>): Map<string, string> {
  const byLower = new Map<string, string>();
  for (const name of [...names].sort().reverse()) byLower.set(name.toLowerCase(), name);
  const found = new Map<string, string>();
  for (const [attribute, candidates] of specialNames) {
    const name = candidates.map((candidate) => byLower.get(candidate)).find((one) => one !== undefined);
    if (name !== undefined) found.set(name, attribute);
  }
  return found;
}
