import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { FaxInfo } from '../../../../src/admin/admin-api.ts';
import { change } from '../../api.ts';
import { ActButton, useAct } from '../../parts/act.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { DialogButtons } from '../../parts/dialog-buttons.tsx';
import { Good, Hint, Trouble } from '../../parts/notes.tsx';
import { TextField } from '../../parts/text-field.tsx';
import { useMay } from '../../session.ts';
import { say } from '../../words.ts';

/** Whoever is logged in: the box puts a person's own address in its place. */
const account = '';

/** What can be done with a fax that was sent or received. */
export function FaxActions({ fax, removed }: { readonly fax: FaxInfo; readonly removed: () => void }) {
  const operates = useMay('operator');
  const { id } = fax;
  return (
    <>
      <Asking title={say('fax.forward')} done={say('fax.forwarded')}>
        {(form) => <Forward {...form} id={id} />}
      </Asking>
      <Asking title={say('fax.resend')} done={say('fax.resent')}>
        {(form) => (
          <NumberForm
            {...form}
            number={fax.number}
            help={say('fax.resend-help')}
            send={(number) => change('faxResend', { id, account, number })}
          />
        )}
      </Asking>
      {operates && fax.direction === 'in' && (
        <Asking title={say('fax.reroute')} done={say('fax.rerouted')}>
          {(form) => <Reroute {...form} id={id} />}
        </Asking>
      )}
      {operates && (
        <ActButton danger question={say('fax.remove-question')} work={() => change('faxRemove', { id })} done={removed}>
          {say('fax.remove')}
        </ActButton>
      )}
    </>
  );
}

/** What can be done with a fax that waits or is being sent. */
export function UnderWayActions({ fax, again }: { readonly fax: FaxInfo; readonly again: () => void }) {
  const { id, state, others } = fax;
  const held = state === 'held';
  return (
    <>
      {state === 'waiting' && (
        <ActButton work={() => change('faxRetry', { id, account })} done={again}>
          {say('fax.retry')}
        </ActButton>
      )}
      <ActButton
        work={() => change(held ? 'faxRelease' : 'faxHold', { id, account })}
        done={again}
        {...(others > 0 && { question: say('fax.others', { count: others }) })}
      >
        {say(held ? 'fax.release' : 'fax.hold')}
      </ActButton>
      <Asking title={say('fax.other-number')} done={say('fax.renumbered')} closed={again}>
        {(form) => (
          <NumberForm
            {...form}
            number=""
            help={say('fax.other-number-help')}
            send={(number) => change('faxNumber', { id, account, number })}
          />
        )}
      </Asking>
      <ActButton
        danger
        question={say('fax.cancel-question')}
        work={() => change('faxCancel', { id, account, reason: '' })}
        done={again}
      >
        {say('fax.cancel')}
      </ActButton>
    </>
  );
}

interface Form {
  readonly finish: () => void;
  readonly cancel: () => void;
}

/** A button that opens a form, which says in the end that it was done. */
function Asking(props: {
  readonly title: string;
  readonly done: string;
  readonly closed?: () => void;
  readonly children: (form: Form) => ComponentChildren;
}) {
  const [state, setState] = useState<'closed' | 'asks' | 'done'>('closed');
  const close = (): void => {
    setState('closed');
    if (state === 'done') props.closed?.();
  };
  return (
    <>
      <button type="button" onClick={() => setState('asks')}>
        {props.title}
      </button>
      {state !== 'closed' && (
        <Dialog title={props.title} close={close}>
          {state === 'asks' && props.children({ finish: () => setState('done'), cancel: close })}
          {state === 'done' && (
            <>
              <Good>{props.done}</Good>
              <div class="actions">
                <button type="button" onClick={close}>
                  {say('close')}
                </button>
              </div>
            </>
          )}
        </Dialog>
      )}
    </>
  );
}

/** Fields, what went wrong, and the two buttons. */
function Fields(props: Form & { readonly send: () => Promise<unknown>; readonly children: ComponentChildren }) {
  const act = useAct();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act.start(props.send)) props.finish();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      {props.children}
      {act.error && <Trouble>{act.error}</Trouble>}
      <DialogButtons close={props.cancel} off={act.busy}>
        {say('fax.send')}
      </DialogButtons>
    </form>
  );
}

function Forward({ id, ...form }: Form & { readonly id: string }) {
  const [to, setTo] = useState('');
  const [note, setNote] = useState('');
  return (
    <Fields {...form} send={() => change('faxForward', { id, account, to: addressesOf(to), note })}>
      <Hint>{say('fax.forward-help')}</Hint>
      <TextField label={say('fax.addresses')} value={to} set={setTo} required />
      <label class="field">
        <span>{say('fax.note')}</span>
        <textarea rows={4} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
    </Fields>
  );
}

function Reroute({ id, ...form }: Form & { readonly id: string }) {
  const [to, setTo] = useState('');
  return (
    <Fields {...form} send={() => change('faxReroute', { id, to: addressesOf(to) })}>
      <Hint>{say('fax.reroute-help')}</Hint>
      <TextField label={say('fax.addresses')} value={to} set={setTo} required />
    </Fields>
  );
}

function NumberForm(
  props: Form & {
    readonly number: string;
    readonly help: string;
    readonly send: (number: string) => Promise<unknown>;
  },
) {
  const [wanted, setWanted] = useState(props.number);
  // Left as it was, the number is the box's to know, as it stood before the dial plan.
  const number = wanted === props.number ? '' : wanted;
  return (
    <Fields finish={props.finish} cancel={props.cancel} send={() => props.send(number)}>
      <Hint>{props.help}</Hint>
      <TextField label={say('fax.number')} value={wanted} set={setWanted} required />
    </Fields>
  );
}

function addressesOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}
