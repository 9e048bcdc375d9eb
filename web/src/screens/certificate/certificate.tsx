import { useState } from 'preact/hooks';
import { ask, change, upload } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton, useAct } from '../../parts/act.tsx';
import { Good, Hint, Trouble } from '../../parts/notes.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { useMay } from '../../session.ts';
import { day, say } from '../../words.ts';
import { Trust } from './trust.tsx';

type View = Awaited<ReturnType<typeof show>>;
const show = () => ask('certificateShow', {});

/** The certificate of the box: which one, how long it is good, and the ways to a better one. */
export function Certificate() {
  const may = useMay('administrator');
  const shown = useAsked(show, ['certificate.', 'config.changed', 'network.']);
  const { value } = shown;
  return (
    <Page title={say('certificate.title')}>
      {shown.error && <Trouble again={shown.again}>{shown.error}</Trouble>}
      {value && (
        <>
          <InUse view={value} may={may} again={shown.again} />
          <Trust view={value} />
          {may && <Acme view={value} again={shown.again} />}
          {may && <HandIn again={shown.again} />}
        </>
      )}
    </Page>
  );
}

function InUse({ view, may, again }: { readonly view: View; readonly may: boolean; readonly again: () => void }) {
  const { source, names, issuer, validFrom, validUntil, fingerprint, problem } = view;
  const facts = [
    [say('certificate.names'), names.join(', ')],
    [say('certificate.issuer'), issuer],
    [say('certificate.from'), day(validFrom)],
    [say('certificate.until'), day(validUntil)],
    [say('certificate.fingerprint'), fingerprint],
  ] as const;
  return (
    <Section title={say('certificate.in-use')}>
      <p>{say(`certificate.source.${source}`)}</p>
      {problem && <Trouble>{say('certificate.problem', { problem })}</Trouble>}
      <dl class="card facts">
        {facts.flatMap(([name, text]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{text}</dd>])}
      </dl>
      {may && (source === 'given' || problem) && (
        <div class="actions">
          <ActButton
            danger
            question={say('certificate.reset-question')}
            work={() => change('certificateReset', {})}
            done={again}
          >
            {say('certificate.reset')}
          </ActButton>
        </div>
      )}
    </Section>
  );
}

function Acme({ view: { acme }, again }: { readonly view: View; readonly again: () => void }) {
  const planned = acme.nextAt !== '' && (acme.state === 'good' || acme.state === 'failing');
  return (
    <Section
      title={say('certificate.acme')}
      actions={<a href="/settings/certificate">{say('certificate.acme-settings')}</a>}
    >
      <div class="card">
        <p>{say(`certificate.acme.${acme.state}`)}</p>
        {acme.problem && <Trouble>{acme.problem}</Trouble>}
        {planned && <Hint>{say('certificate.acme-next', { day: day(acme.nextAt) })}</Hint>}
        <Hint>{say('certificate.acme-help')}</Hint>
        {(acme.state === 'good' || acme.state === 'failing' || acme.state === 'waiting') && (
          <div class="actions">
            <ActButton
              work={() => change('certificateRenew', {})}
              question={say('certificate.renew-question')}
              done={again}
            >
              {say('certificate.renew')}
            </ActButton>
          </div>
        )}
      </div>
    </Section>
  );
}

function HandIn({ again }: { readonly again: () => void }) {
  const [text, setText] = useState('');
  const [told, setTold] = useState('');
  const act = useAct();
  const take = async (files: FileList | null): Promise<void> => {
    const all = await Promise.all([...(files ?? [])].map((file) => file.text()));
    setText((former) => [former, ...all].filter(Boolean).join('\n'));
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTold('');
    const right = await act.start(async () => {
      const { names } = await upload('certificateSet', {}, new Blob([text]));
      setTold(say('certificate.taken', { names: names.join(', ') }));
    });
    if (!right) return;
    // A private key is not left standing on a screen.
    setText('');
    again();
  };
  return (
    <Section title={say('certificate.hand-in')}>
      <form class="card" onSubmit={(event) => void submit(event)}>
        <label class="field">
          <span>{say('certificate.files')}</span>
          <input
            type="file"
            multiple
            accept=".pem,.crt,.cer,.key"
            onChange={(event) => void take(event.currentTarget.files)}
          />
        </label>
        <label class="field">
          <span>{say('certificate.text')}</span>
          <textarea
            rows={6}
            class="code"
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <Hint>{say('certificate.hand-in-help')}</Hint>
        {act.error && <Trouble>{act.error}</Trouble>}
        {told && <Good>{told}</Good>}
        <button type="submit" disabled={act.busy || text.trim() === ''}>
          {say('certificate.use')}
        </button>
      </form>
    </Section>
  );
}
