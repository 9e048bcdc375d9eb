import { useEffect, useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import type { SendingDetail } from '../../../../src/admin/views/desk-views.ts';
import { ask, change, inBackground } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton, useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { DialogButtons } from '../../parts/dialog-buttons.tsx';
import { Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { useMay, useSession } from '../../session.ts';
import { say, sayBox, time } from '../../words.ts';
import { goesTo, State, totalOf } from './sendings.tsx';
import './send.css';

/** Who hears no events asks so often while something is open. */
const againMs = 4000;

/** One fax number by number, while it is sent and afterwards. */
export function Sending() {
  const { id = '' } = useRoute().params;
  const { account: own = '' } = useSession();
  const operates = useMay('operator');
  const account = operates ? '' : own;
  const [scheduling, setScheduling] = useState(false);
  const asked = useAsked(() => ask('faxSending', { account, id }), ['sending.'], id);
  const { value: sending, again } = asked;
  const open = sending ? sending.waiting + sending.sending : 0;
  useEffect(() => {
    if (operates || open === 0) return;
    const timer = window.setInterval(() => inBackground(again), againMs);
    return () => window.clearInterval(timer);
  }, [operates, open === 0, again]);
  if (!sending)
    return <Page title={say('sendings.fax')}>{asked.error && <Trouble again={again}>{asked.error}</Trouble>}</Page>;
  const failed = sending.failed + sending.cancelled;
  return (
    <Page
      title={say('sendings.fax-to', { who: goesTo(sending) })}
      actions={
        <>
          <a href="/sendings">{say('sendings.title')}</a>
          {open > 0 && (
            <button type="button" onClick={() => setScheduling(true)}>
              {say('sendings.schedule')}
            </button>
          )}
          {failed > 0 && open === 0 && (
            <ActButton work={() => change('faxSendingRetry', { account, id })} done={again}>
              {say('sendings.retry')}
            </ActButton>
          )}
          {open > 0 && (
            <ActButton
              danger
              question={say('sendings.cancel-question', { count: open })}
              work={() => change('faxSendingCancel', { account, id })}
              done={again}
            >
              {say('sendings.cancel')}
            </ActButton>
          )}
        </>
      }
    >
      {asked.error && <Trouble again={again}>{asked.error}</Trouble>}
      <Summary sending={sending} />
      <Section title={say('sendings.numbers')}>
        <Numbers sending={sending} operates={operates} />
      </Section>
      {scheduling && <Schedule account={account} id={id} close={() => setScheduling(false)} done={again} />}
    </Page>
  );
}

function Summary({ sending }: { readonly sending: SendingDetail }) {
  const total = totalOf(sending);
  const done = total - sending.waiting - sending.sending;
  const facts = [
    sending.subject,
    sending.files.join(', '),
    sending.pages > 0 ? say('send.preview-pages', { pages: sending.pages }) : '',
    sending.sender,
    sending.notBefore ? say('sendings.at', { time: time(sending.notBefore) }) : '',
  ];
  return (
    <div class="card">
      <p class="what-happened">
        <State sending={sending} />
      </p>
      <progress value={done} max={total} aria-label={say('sendings.progress', { done, total })} />
      <p class="quiet">{say('sendings.progress', { done, total })}</p>
      <p class="quiet">{facts.filter(Boolean).join(' · ')}</p>
    </div>
  );
}

function Numbers({ sending, operates }: { readonly sending: SendingDetail; readonly operates: boolean }) {
  const tones = { sent: 'well', failed: 'wrong', cancelled: '', sending: '', waiting: '' } as const;
  return (
    <Table
      label={say('sendings.numbers')}
      rows={sending.recipients}
      rowKey={({ dialled }) => dialled}
      columns={[
        { title: say('sendings.number'), cell: ({ number, name }) => (name ? `${name}, ${number}` : number) },
        {
          title: say('sendings.state'),
          cell: ({ state, message }) => (
            <span class={tones[state]}>
              {operates ? (
                <a href={`/mail/log/${message}`}>{say(`sendings.one-${state}`)}</a>
              ) : (
                say(`sendings.one-${state}`)
              )}
            </span>
          ),
        },
        {
          title: say('sendings.what'),
          cell: ({ text, nextAttempt, finishedAt }) =>
            [
              sayBox(text),
              nextAttempt && say('sendings.next', { time: time(nextAttempt) }),
              finishedAt && !text && time(finishedAt),
            ]
              .filter(Boolean)
              .join(' '),
        },
      ]}
    />
  );
}

function Schedule(props: {
  readonly account: string;
  readonly id: string;
  readonly close: () => void;
  readonly done: () => void;
}) {
  const { account, id, close, done } = props;
  const [at, setAt] = useState('');
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const when = at === '' ? '' : new Date(at).toISOString();
    if (!(await act.start(() => change('faxSendingSchedule', { account, id, at: when })))) return;
    done();
    close();
  };
  return (
    <Dialog title={say('sendings.schedule')} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>{say('send.at')}</span>
          <input type="datetime-local" value={at} onInput={(event) => setAt(event.currentTarget.value)} />
        </label>
        <p class="quiet">{say('send.at-help')}</p>
        {act.error && <Trouble>{act.error}</Trouble>}
        <DialogButtons close={close} off={act.busy}>
          {say(at === '' ? 'sendings.now' : 'sendings.schedule')}
        </DialogButtons>
      </form>
    </Dialog>
  );
}
