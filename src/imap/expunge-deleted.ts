import type { SelectedFolder } from './selected.ts';

/** Removes the messages that bear `\Deleted`, of `uids` if given; the client hears of them with the next report. */
export async function expungeDeleted(selected: SelectedFolder, uids?: ReadonlySet<number>): Promise<void> {
  const doomed = selected.view
    .present()
    .filter((info) => info.flags.includes('\\Deleted') && (uids?.has(info.uid) ?? true))
    .map((info) => info.uid);
  if (doomed.length === 0) return;
  selected.note({ added: [], changed: [], expunged: await selected.folder.expunge(doomed) });
}
