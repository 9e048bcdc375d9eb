import { useEffect, useId, useState } from 'preact/hooks';
import type { BookEntryView, RecipientsView } from '../../../../src/admin/views/desk-views.ts';
import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { DialogButtons } from '../../parts/dialog-buttons.tsx';
import { Empty, Hint, Trouble } from '../../parts/notes.tsx';
import { say } from '../../words.ts';

export type Recipient = RecipientsView['recipients'][number];

/** Entries shown while one types. */
const suggestions = 8;
/** Entries shown to choose from. */
const choices = 500;

interface RecipientsProps {
  readonly account: string;
  readonly chosen: readonly Recipient[];
  readonly set: (chosen: readonly Recipient[]) => void;
  /** What stands in the line and was not added yet. */
  readonly typed: string;
  readonly type: (text: string) => void;
}

/** @throws Error that says which of them cannot be called */
export async function withNumbers(
  account: string,
  chosen: readonly Recipient[],
  more: { readonly text?: string; readonly entries?: readonly string[]; readonly groups?: readonly string[] },
): Promise<readonly Recipient[]> {
  const others = chosen.map(({ number, name }) => ({ number, name }));
  const { text = '', entries = [], groups = [] } = more;
  const found = await change('faxRecipients', { account, text, entries, groups, others });
  if (found.problems.length > 0)
    throw new Error(
      found.problems
        .slice(0, 10)
        .map(({ line, text: what, problem }) =>
          say(line > 1 ? 'send.problem-line' : 'send.problem', { line, what, problem }),
        )
        .join(' '),
    );
  return found.recipients;
}

/** Who gets the fax: typed, from the address book, or a pasted list. */
export function Recipients({ account, chosen, set, typed, type }: RecipientsProps) {
  const [asking, setAsking] = useState<'book' | 'list'>();
  const act = useAct();
  const listId = useId();
  const [found, setFound] = useState<readonly BookEntryView[]>([]);
  useEffect(() => {
    if (typed.trim().length < 2) return setFound([]);
    let late = false;
    const search = { account, search: typed.trim(), group: '', limit: suggestions };
    ask('bookList', search).then(
      ({ entries }) => !late && setFound(entries.filter(({ fax }) => fax !== '')),
      () => {},
    );
    return () => {
      late = true;
    };
  }, [account, typed]);
  const add = async (): Promise<void> => {
    if (typed.trim() === '') return;
    if (await act.start(async () => set(await withNumbers(account, chosen, { text: typed })))) type('');
  };
  const more = async (what: Parameters<typeof withNumbers>[2]): Promise<void> => {
    set(await withNumbers(account, chosen, what));
    setAsking(undefined);
  };
  return (
    <div class="recipients">
      <label class="field">
        <span>{say('send.to')}</span>
        <span class="with-button">
          <input
            type="text"
            inputMode="tel"
            autocomplete="off"
            list={listId}
            value={typed}
            placeholder={say('send.to-example')}
            onInput={(event) => type(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return;
              event.preventDefault();
              void add();
            }}
          />
          <button type="button" disabled={act.busy || typed.trim() === ''} onClick={() => void add()}>
            {say('send.add')}
          </button>
        </span>
      </label>
      <datalist id={listId}>
        {found.map(({ id, name, company, fax }) => (
          <option key={id} value={`${[name, company].filter(Boolean).join(' – ')} <${fax}>`} />
        ))}
      </datalist>
      {act.error && <Trouble>{act.error}</Trouble>}
      {chosen.length > 0 && (
        <ul class="chips" aria-label={say('send.recipients')}>
          {chosen.map((one) => (
            <li key={one.dialled}>
              {one.name ? `${one.name}, ${one.number}` : one.number}
              <button
                type="button"
                aria-label={say('send.remove', { name: one.name || one.number })}
                onClick={() => set(chosen.filter((other) => other !== one))}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="actions left">
        <button type="button" onClick={() => setAsking('book')}>
          {say('send.from-book')}
        </button>
        <button type="button" onClick={() => setAsking('list')}>
          {say('send.paste')}
        </button>
      </div>
      {asking === 'book' && <FromBook account={account} add={more} close={() => setAsking(undefined)} />}
      {asking === 'list' && <FromList add={more} close={() => setAsking(undefined)} />}
    </div>
  );
}

interface MoreProps {
  readonly add: (what: Parameters<typeof withNumbers>[2]) => Promise<void>;
  readonly close: () => void;
}

function FromBook({ account, add, close }: MoreProps & { readonly account: string }) {
  const [search, setSearch] = useState('');
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const act = useAct();
  const book = useAsked(() => ask('bookList', { account, search, group: '', limit: choices }), ['book.'], search);
  const toggle = (key: string): void =>
    setMarked(new Set(marked.has(key) ? [...marked].filter((one) => one !== key) : [...marked, key]));
  const entries = book.value?.entries.filter(({ fax }) => fax !== '') ?? [];
  const groups = book.value?.groups.filter(({ faxes }) => faxes > 0) ?? [];
  const chosen = (kind: string): string[] =>
    [...marked].filter((key) => key.startsWith(kind)).map((key) => key.slice(kind.length));
  return (
    <Dialog title={say('send.from-book')} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act.start(() => add({ entries: chosen('entry '), groups: chosen('group ') }));
        }}
      >
        <label class="field">
          <span>{say('search')}</span>
          <input type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        </label>
        {book.error && <Trouble again={book.again}>{book.error}</Trouble>}
        {book.value && entries.length === 0 && <Empty>{say('book.none-found')}</Empty>}
        <div class="choices">
          {search === '' &&
            groups.map(({ name, faxes }) => (
              <label key={name} class="check">
                <input type="checkbox" checked={marked.has(`group ${name}`)} onChange={() => toggle(`group ${name}`)} />
                <span>
                  <strong>{name}</strong> <span class="quiet">{say('book.group-of', { count: faxes })}</span>
                </span>
              </label>
            ))}
          {entries.map(({ id, name, company, fax }) => (
            <label key={id} class="check">
              <input type="checkbox" checked={marked.has(`entry ${id}`)} onChange={() => toggle(`entry ${id}`)} />
              <span>
                {[name, company].filter(Boolean).join(', ')} <span class="quiet">{fax}</span>
              </span>
            </label>
          ))}
        </div>
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy || marked.size === 0}>
          {say('send.add')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}

function FromList({ add, close }: MoreProps) {
  const [text, setText] = useState('');
  const act = useAct();
  return (
    <Dialog title={say('send.paste')} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void act.start(() => add({ text }));
        }}
      >
        <label class="field">
          <span>{say('send.list')}</span>
          <textarea rows={10} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <Hint>{say('send.list-help')}</Hint>
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy || text.trim() === ''}>
          {say('send.add')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}
