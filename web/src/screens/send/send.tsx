import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { change } from '../../api.ts';
import { useAct } from '../../parts/act.tsx';
import { Hint, Trouble } from '../../parts/notes.tsx';
import { Page } from '../../parts/page.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { useSession } from '../../session.ts';
import { say } from '../../words.ts';
import { useDraft } from './draft.ts';
import { Files } from './files.tsx';
import { Preview } from './preview.tsx';
import { type Recipient, Recipients, withNumbers } from './recipients.tsx';
import './send.css';

const blank = { subject: '', text: '', cover: true, resolution: 'fine' } as const;

interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly cover: boolean;
  readonly resolution: 'fine' | 'normal';
}

/** Sends a fax from the browser: numbers, documents, cover page, and the pages as they will be sent. */
export function Send() {
  const { account = '' } = useSession();
  const { route, query } = useLocation();
  const files = useDraft(account);
  const [chosen, setChosen] = useState<readonly Recipient[]>([]);
  const [typed, setTyped] = useState(query.to ?? '');
  const [letter, setLetter] = useState<Letter>(blank);
  const [at, setAt] = useState('');
  const [report, setReport] = useState(false);
  const act = useAct();
  const order = { account, sender: account, letter, at: instantOf(at) };
  const [first = { number: typed.trim(), name: '' }] = chosen;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    await act.start(async () => {
      const all = typed.trim() === '' ? chosen : await withNumbers(account, chosen, { text: typed });
      if (all.length === 0) throw new Error(say('send.no-number'));
      const recipients = all.map(({ number, name }) => ({ number, name }));
      const { id } = await change('faxSend', { ...order, draft: await files.have(), recipients, report });
      files.sent();
      route(`/sendings/${id}`);
    });
  };
  return (
    <Page title={say('send.title')} actions={<a href="/sendings">{say('sendings.title')}</a>}>
      <div class="send">
        <form class="card" onSubmit={(event) => void submit(event)}>
          <Recipients account={account} chosen={chosen} set={setChosen} typed={typed} type={setTyped} />
          <Files files={files} />
          <TextField
            label={say('send.subject')}
            value={letter.subject}
            set={(subject) => setLetter({ ...letter, subject })}
          />
          <label class="field">
            <span>{say('send.text')}</span>
            <textarea
              rows={5}
              value={letter.text}
              onInput={(event) => setLetter({ ...letter, text: event.currentTarget.value })}
            />
          </label>
          <label class="switch">
            <input
              type="checkbox"
              role="switch"
              checked={letter.cover}
              onChange={(event) => setLetter({ ...letter, cover: event.currentTarget.checked })}
            />
            <span>{say('send.cover')}</span>
          </label>
          <details>
            <summary>{say('send.more')}</summary>
            <label class="field">
              <span>{say('send.at')}</span>
              <input type="datetime-local" value={at} onInput={(event) => setAt(event.currentTarget.value)} />
            </label>
            <Hint>{say('send.at-help')}</Hint>
            <label class="field">
              <span>{say('send.resolution')}</span>
              <select
                value={letter.resolution}
                onChange={(event) =>
                  setLetter({ ...letter, resolution: event.currentTarget.value === 'normal' ? 'normal' : 'fine' })
                }
              >
                <option value="fine">{say('fax.resolution-fine')}</option>
                <option value="normal">{say('fax.resolution-normal')}</option>
              </select>
            </label>
            <label class="switch">
              <input
                type="checkbox"
                role="switch"
                checked={report}
                onChange={(event) => setReport(event.currentTarget.checked)}
              />
              <span>{say('send.report')}</span>
            </label>
          </details>
          {act.error && <Trouble>{act.error}</Trouble>}
          <div class="actions">
            <button type="submit" class="first" disabled={act.busy || files.loading > 0}>
              {chosen.length > 1 ? say('send.send-many', { count: chosen.length }) : say('send.send')}
            </button>
          </div>
        </form>
        <Preview order={{ ...order, to: { number: first.number, name: first.name } }} files={files} />
      </div>
    </Page>
  );
}

/** A local time of the field, as an instant; empty for now. */
function instantOf(local: string): string {
  const at = new Date(local);
  return local === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}
