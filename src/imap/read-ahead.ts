/**
 * Loads for the next `count` items while the first of them is used; what is loaded comes in order of the items. A store
 * that reads files answers several questions in the time of one.
 */
export async function* readAhead<Item, Loaded>(
  items: Iterable<Item>,
  count: number,
  load: (item: Item) => Promise<Loaded>,
): AsyncGenerator<Loaded, void> {
  const waiting: Promise<Loaded>[] = [];
  for (const item of items) {
    const loading = load(item);
    // A failure is thrown when its turn comes, or not at all when nobody asks for it.
    loading.catch(() => {});
    waiting.push(loading);
    if (waiting.length >= count) yield await waiting.shift()!;
  }
  while (waiting.length > 0) yield await waiting.shift()!;
}
