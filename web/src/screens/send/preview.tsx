import { useEffect, useRef, useState } from 'preact/hooks';
import type { PreviewOrder } from '../../../../src/admin/views/desk-views.ts';
import { addressOf, change } from '../../api.ts';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { say } from '../../words.ts';
import type { DraftFiles } from './draft.ts';

/** After the last key so long is waited before the pages are made anew. */
const pauseMs = 700;

interface Shown {
  readonly draft: string;
  readonly id: string;
  readonly pages: number;
  readonly problem: string;
}

/** The pages as they will be sent, made by what makes them for the modem. */
export function Preview(props: { readonly order: Omit<PreviewOrder, 'draft'>; readonly files: DraftFiles }) {
  const { order, files } = props;
  const [shown, setShown] = useState<Shown>();
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);
  const keys = files.draft?.files.map(({ key }) => key).join() ?? '';
  const isEmpty = keys === '' && order.letter.text.trim() === '' && order.letter.subject.trim() === '';
  const key = JSON.stringify([order, keys, files.loading > 0]);
  useEffect(() => {
    const mine = ++turn.current;
    if (isEmpty || files.loading > 0) return setBusy(false);
    const make = async (): Promise<void> => {
      setBusy(true);
      try {
        const draft = await files.have();
        const { id, pages, problem } = await change('faxPreview', { ...order, draft });
        if (mine === turn.current) setShown({ draft, id, pages, problem });
      } catch (error) {
        if (mine === turn.current) setShown({ draft: '', id: '', pages: 0, problem: (error as Error).message });
      }
      if (mine === turn.current) setBusy(false);
    };
    const timer = window.setTimeout(() => void make(), pauseMs);
    return () => window.clearTimeout(timer);
  }, [key]);
  const title = shown && shown.pages > 0 ? say('send.preview-pages', { pages: shown.pages }) : say('send.preview');
  return (
    <Section title={title}>
      <div class="preview" aria-busy={busy}>
        {isEmpty && <Empty>{say('send.preview-empty')}</Empty>}
        {!isEmpty && !shown && <Empty>{say('send.preview-making')}</Empty>}
        {!isEmpty && shown?.problem && <Trouble>{shown.problem}</Trouble>}
        {!isEmpty &&
          shown &&
          Array.from({ length: shown.pages }, (_, index) => (
            <img
              key={`${shown.id} ${index}`}
              loading="lazy"
              alt={say('send.page', { page: index + 1, pages: shown.pages })}
              src={addressOf('faxPreviewPage', {
                account: order.account,
                draft: shown.draft,
                preview: shown.id,
                page: index + 1,
              })}
            />
          ))}
      </div>
    </Section>
  );
}
