import { useRef, useState } from 'preact/hooks';
import { useAct } from '../../parts/act.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { bytes, say } from '../../words.ts';
import type { DraftFiles } from './draft.ts';

/** Documents of a fax: dropped, chosen, pasted, put in order. */
export function Files({ files }: { readonly files: DraftFiles }) {
  const { draft, loading, add, arrange } = files;
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const act = useAct();
  const take = (list: FileList | null | undefined): void => {
    const chosen = [...(list ?? [])];
    if (chosen.length > 0) void act.start(() => add(chosen));
  };
  const all = draft?.files ?? [];
  const move = (index: number, to: number): void => {
    const keys = all.map(({ key }) => key);
    const [key] = keys.splice(index, 1);
    void act.start(() => arrange(keys.toSpliced(to, 0, key!)));
  };
  return (
    <div class="field">
      <span id="documents">{say('send.files')}</span>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is dropped here can be chosen with the button, too. */}
      <div
        class={`drop ${over ? 'over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files);
        }}
      >
        <button type="button" onClick={() => input.current?.click()}>
          {say('send.choose')}
        </button>
        <span class="quiet">{say('send.drop')}</span>
        <input
          ref={input}
          type="file"
          multiple
          class="unseen"
          tabIndex={-1}
          aria-labelledby="documents"
          accept=".pdf,.ps,.png,.jpg,.jpeg,.gif,.webp,.tif,.tiff,.txt,application/pdf,image/*,text/plain"
          onChange={(event) => {
            take(event.currentTarget.files);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {loading > 0 && (
        <p role="status">
          <progress aria-label={say('send.loading', { count: loading })} /> {say('send.loading', { count: loading })}
        </p>
      )}
      {act.error && <Trouble>{act.error}</Trouble>}
      {all.length > 0 && (
        <ol class="files">
          {all.map(({ key, name, sizeBytes }, index) => (
            <li key={key}>
              <span class="name">{name}</span> <span class="quiet">{bytes(sizeBytes)}</span>
              <span class="actions">
                {index > 0 && (
                  <button type="button" aria-label={say('send.up', { name })} onClick={() => move(index, index - 1)}>
                    ↑
                  </button>
                )}
                <button
                  type="button"
                  aria-label={say('send.remove', { name })}
                  onClick={() => void act.start(() => arrange(all.map((one) => one.key).filter((one) => one !== key)))}
                >
                  ✕
                </button>
              </span>
            </li>
          ))}
        </ol>
      )}
      {all.length === 0 && <Hint>{say('send.files-help')}</Hint>}
    </div>
  );
}
