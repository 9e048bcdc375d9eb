import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { DraftView } from '../../../../src/admin/views/desk-views.ts';
import { change, upload } from '../../api.ts';

/** The files of a fax that is being written; the box keeps them until it is sent or left. */
export interface DraftFiles {
  readonly draft: DraftView | undefined;
  /** Files that are being handed over. */
  readonly loading: number;
  readonly add: (files: readonly File[]) => Promise<void>;
  /** Orders the files; those that are not named go. */
  readonly arrange: (keys: readonly number[]) => Promise<void>;
  /** The draft, made when there is none yet. */
  readonly have: () => Promise<string>;
  /** It was sent: it is not dropped when the page is left. */
  readonly sent: () => void;
}

export function useDraft(account: string): DraftFiles {
  const [draft, setDraft] = useState<DraftView>();
  const [loading, setLoading] = useState(0);
  const made = useRef<Promise<string> | undefined>(undefined);
  const current = useRef('');
  const take = (one: DraftView): string => {
    current.current = one.id;
    setDraft(one);
    return one.id;
  };
  const have = useCallback(() => {
    made.current ??= change('faxDraft', { account }).then(take, (error) => {
      made.current = undefined;
      throw error;
    });
    return made.current;
  }, [account]);
  const add = useCallback(
    async (files: readonly File[]) => {
      const id = await have();
      setLoading((count) => count + files.length);
      let left = files.length;
      try {
        for (const file of files) {
          take(await upload('faxUpload', { account, draft: id, name: file.name, type: file.type }, file));
          left--;
          setLoading((count) => count - 1);
        }
      } finally {
        setLoading((count) => count - left);
      }
    },
    [account, have],
  );
  const arrange = useCallback(
    async (keys: readonly number[]) =>
      void take(await change('faxDraftFiles', { account, draft: current.current, keys })),
    [account],
  );
  useEffect(
    () => () => {
      if (current.current !== '') change('faxDraftDiscard', { account, draft: current.current }).catch(() => {});
    },
    [account],
  );
  const sent = (): void => {
    current.current = '';
  };
  return { draft, loading, add, arrange, have, sent };
}
