import type { SendingView } from '../../../../src/admin/views/desk-views.ts';
import { ask } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { Empty, Trouble } from '../../parts/notes.tsx';
import { Page } from '../../parts/page.tsx';
import { Table } from '../../parts/table.tsx';
import { useMay, useSession } from '../../session.ts';
import { say, time } from '../../words.ts';
import './send.css';

const shown = 100;

/** What was sent from the panel and the command line, with how far it is. */
export function Sendings() {
  const { account = '' } = useSession();
  const all = useMay('operator');
  const sendings = useAsked(() => ask('faxSendings', { account: all ? '' : account, limit: shown }), ['sending.']);
  return (
    <Page
      title={say('sendings.title')}
      actions={
        <a class="button" href="/send">
          {say('send.title')}
        </a>
      }
    >
      {sendings.error && <Trouble again={sendings.again}>{sendings.error}</Trouble>}
      {sendings.value?.length === 0 && <Empty>{say('sendings.none')}</Empty>}
      {sendings.value && sendings.value.length > 0 && (
        <Table
          label={say('sendings.title')}
          rows={sendings.value}
          rowKey={({ id }) => id}
          columns={[
            { title: say('faxes.time'), cell: (one) => <a href={`/sendings/${one.id}`}>{time(one.createdAt)}</a> },
            { title: say('sendings.to'), cell: (one) => goesTo(one) },
            { title: say('faxes.subject'), cell: ({ subject, files }) => subject || files.join(', ') },
            ...(all ? [{ title: say('fax.sender'), cell: ({ sender }: SendingView) => sender }] : []),
            { title: say('sendings.state'), cell: (one) => <State sending={one} /> },
          ]}
        />
      )}
    </Page>
  );
}

export function totalOf({ waiting, sending, sent, failed, cancelled }: SendingView): number {
  return waiting + sending + sent + failed + cancelled;
}

export function goesTo(sending: SendingView): string {
  const others = totalOf(sending) - 1;
  return others > 0 ? say('sendings.and-others', { who: sending.to, count: others }) : sending.to;
}

const states = ['sent', 'sending', 'waiting', 'failed', 'cancelled'] as const;

/** `12 sent, 3 waiting`. */
export function State({ sending }: { readonly sending: SendingView }) {
  const parts = states.filter((state) => sending[state] > 0);
  const tone = sending.failed > 0 ? 'wrong' : sending.sent === totalOf(sending) ? 'well' : '';
  if (totalOf(sending) === 1) return <span class={tone}>{say(`sendings.one-${parts[0] ?? 'waiting'}`)}</span>;
  return (
    <span class={tone}>{parts.map((state) => say(`sendings.${state}`, { count: sending[state] })).join(', ')}</span>
  );
}
