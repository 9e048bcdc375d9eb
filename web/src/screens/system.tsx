import { useState } from 'preact/hooks';
import { ask, change, download, upload } from '../api.ts';
import { useAsked } from '../asked.ts';
import { ActButton, useAct } from '../parts/act.tsx';
import { Empty, Good, Hint, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Table } from '../parts/table.tsx';
import { TextField } from '../parts/text-field.tsx';
import { useMay } from '../session.ts';
import { bytes, number, say, sayOr, seconds, time } from '../words.ts';

/** The machine: how it is, its version, backups, and what is done seldom. */
export function System() {
  const may = useMay('administrator');
  return (
    <Page title={say('nav.system')} actions={may && <a href="/log">{say('log.title')}</a>}>
      <Machine />
      <Findings />
      <Update may={may} />
      {may && <Backups />}
      {may && <Access />}
      {may && <Seldom />}
    </Page>
  );
}

function Machine() {
  const machine = useAsked(() => ask('systemStatus', {}), ['health.', 'network.', 'time.', 'update.']);
  if (!machine.value) return machine.error ? <Trouble again={machine.again}>{machine.error}</Trouble> : null;
  const { value } = machine;
  const { network } = value;
  const facts: readonly (readonly [string, string])[] = [
    [say('system.version'), value.version],
    [say('system.board'), value.board],
    [say('system.uptime'), seconds(value.uptimeSeconds.machine)],
    [say('system.disk'), say('system.free-of', { free: bytes(value.disk.free), total: bytes(value.disk.total) })],
    [
      say('system.memory'),
      say('system.free-of', { free: bytes(value.memory.available), total: bytes(value.memory.total) }),
    ],
    [say('system.load'), value.load.map((mean) => number(mean, 2)).join(' · ')],
    [say('system.temperature'), value.temperature === null ? '' : `${number(value.temperature)} °C`],
    [say('system.address'), network.addresses.join(', ')],
    [say('system.gateway'), network.gateway],
    [say('system.dns'), network.dns.join(', ')],
    [say('system.clock'), sayOr(`clock.${value.clock}`, value.clock)],
  ];
  return (
    <Section title={say('home.box')}>
      {network.trialUntil && (
        <div class="note">
          <p>{say('network.trial', { time: time(network.trialUntil) })}</p>
          <ActButton work={() => change('systemNetworkConfirm', {})} done={machine.again}>
            {say('network.confirm')}
          </ActButton>
        </div>
      )}
      <dl class="card facts">
        {facts
          .filter(([, text]) => text !== '')
          .flatMap(([name, text]) => [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{text}</dd>])}
      </dl>
    </Section>
  );
}

function Findings() {
  const findings = useAsked(() => ask('doctor', {}), ['health.', 'config.', 'backup.', 'update.']);
  if (!findings.value) return findings.error ? <Trouble again={findings.again}>{findings.error}</Trouble> : null;
  const signs = { ok: '✓', note: '·', wrong: '✗' } as const;
  return (
    <Section title={say('system.findings')}>
      <ul class="plain card">
        {findings.value.map(({ id, level, sentence, advice }) => (
          <li key={id}>
            <span class={level === 'ok' ? 'well' : level === 'wrong' ? 'wrong' : 'quiet'} aria-hidden="true">
              {signs[level]}
            </span>{' '}
            <span class="hidden">{say(`finding.${level}`)}: </span>
            {sentence}
            {advice && <div class="quiet">{advice}</div>}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Update({ may }: { readonly may: boolean }) {
  const update = useAsked(() => ask('updateStatus', {}), ['update.']);
  const [file, setFile] = useState<File>();
  const [downgrade, setDowngrade] = useState(false);
  const [note, setNote] = useState('');
  const act = useAct();
  const install = async (): Promise<void> => {
    const right = await act.start(async () => {
      const done = await upload('updateInstall', { allowDowngrade: downgrade }, file!);
      setNote(done.note || say('update.installed', { version: done.version, slot: done.slot }));
    });
    if (right) update.again();
  };
  if (!update.value) return update.error ? <Trouble again={update.again}>{update.error}</Trouble> : null;
  const { version, sentence, found, progress, checkedAt, checkProblem } = update.value;
  return (
    <Section title={say('system.update')}>
      <div class="card">
        <p>{say('update.runs', { version })}</p>
        {sentence && <p>{sentence}</p>}
        {found && (
          <p class="busy">
            {say('update.found', { version: found.version })} {found.notes}
          </p>
        )}
        {checkedAt && <Hint>{say('update.checked', { time: time(checkedAt) })}</Hint>}
        {checkProblem && <Trouble>{checkProblem}</Trouble>}
        {progress && (
          <progress
            value={progress.bytes}
            max={progress.totalBytes}
            aria-label={say('update.progress', { version: progress.version })}
          />
        )}
        {may && (
          <>
            <label class="field">
              <span>{say('update.file')}</span>
              <input type="file" accept=".cas" onChange={(event) => setFile(event.currentTarget.files?.[0])} />
            </label>
            <label class="switch">
              <input
                type="checkbox"
                checked={downgrade}
                onChange={(event) => setDowngrade(event.currentTarget.checked)}
              />
              <span>{say('update.downgrade')}</span>
            </label>
            {act.error && <Trouble>{act.error}</Trouble>}
            {note && <Good>{note}</Good>}
            <div class="actions">
              <ActButton work={() => change('updateCheck', {})} done={update.again}>
                {say('update.look')}
              </ActButton>
              <ActButton
                work={() => change('updateInstallFrom', { from: 'usb', allowDowngrade: downgrade })}
                question={say('update.usb-question')}
                done={update.again}
              >
                {say('update.usb')}
              </ActButton>
              {found && (
                <ActButton
                  work={() => change('updateInstallFrom', { from: 'url', allowDowngrade: downgrade })}
                  question={say('update.url-question', { version: found.version })}
                  done={update.again}
                >
                  {say('update.install', { version: found.version })}
                </ActButton>
              )}
              <button type="button" class="first" disabled={!file || act.busy} onClick={() => void install()}>
                {say('update.install-file')}
              </button>
            </div>
            <Slots />
          </>
        )}
      </div>
    </Section>
  );
}

function Slots() {
  const slots = useAsked(() => ask('slotList', {}), ['update.']);
  if (!slots.value) return <Hint>{slots.error}</Hint>;
  const { running, next } = slots.value;
  return (
    <Table
      label={say('update.slots')}
      rows={slots.value.slots}
      rowKey={({ slot }) => slot}
      columns={[
        { title: say('update.slot'), cell: ({ slot }) => slot },
        { title: say('system.version'), cell: ({ version }) => version || say('nothing') },
        {
          title: say('mail.state'),
          cell: ({ slot }) =>
            [slot === running && say('update.running'), slot === next && say('update.next')].filter(Boolean).join(', '),
        },
      ]}
    />
  );
}

const destinations = ['usb', 'sftp', 's3'] as const;

function Backups() {
  const [to, setTo] = useState<(typeof destinations)[number] | ''>('');
  const list = useAsked(() => ask('backupList', { to }), ['backup.'], to);
  const [passphrase, setPassphrase] = useState('');
  const [config, setConfig] = useState(false);
  const [file, setFile] = useState<File>();
  const [told, setTold] = useState('');
  const act = useAct();
  const verify = (): Promise<boolean> =>
    act.start(async () => {
      const content = await upload('backupVerify', { passphrase, from: '', name: '' }, file!);
      const counts = Object.entries(content.tally).map(([what, count]) => `${what}: ${number(count)}`);
      setTold(say('backup.verified', { box: content.box, time: time(content.at), counts: counts.join(', ') }));
    });
  return (
    <Section title={say('system.backup')} actions={<a href="/settings/backup">{say('backup.settings')}</a>}>
      <div class="card">
        <TextField
          label={say('backup.passphrase')}
          type="password"
          autocomplete="new-password"
          value={passphrase}
          set={setPassphrase}
        />
        <label class="switch">
          <input type="checkbox" checked={config} onChange={(event) => setConfig(event.currentTarget.checked)} />
          <span>{say('backup.config-only')}</span>
        </label>
        <div class="actions">
          <button
            type="button"
            disabled={passphrase === ''}
            onClick={() => download('backupCreate', { config, passphrase })}
          >
            {say('backup.download')}
          </button>
          <ActButton work={() => change('backupRun', { to: '', config, passphrase })} done={list.again}>
            {say('backup.run')}
          </ActButton>
        </div>
        <label class="field">
          <span>{say('backup.file')}</span>
          <input type="file" accept=".age" onChange={(event) => setFile(event.currentTarget.files?.[0])} />
        </label>
        {act.error && <Trouble>{act.error}</Trouble>}
        {told && <Good>{told}</Good>}
        <div class="actions">
          <button type="button" disabled={!file || act.busy} onClick={() => void verify()}>
            {say('backup.verify')}
          </button>
          {file && (
            <ActButton
              danger
              question={say('backup.restore-question')}
              work={() =>
                upload('backupRestore', { passphrase, from: '', name: '', network: false, release: false }, file)
              }
            >
              {say('backup.restore')}
            </ActButton>
          )}
        </div>
      </div>
      <label class="field">
        <span>{say('backup.stored-at')}</span>
        <select value={to} onChange={(event) => setTo(event.currentTarget.value as typeof to)}>
          <option value="">{say('backup.last-results')}</option>
          {destinations.map((one) => (
            <option key={one} value={one}>
              {say(`backup.${one}`)}
            </option>
          ))}
        </select>
      </label>
      {list.error && <Trouble again={list.again}>{list.error}</Trouble>}
      {list.value && list.value.progress >= 0 && (
        <progress value={list.value.progress} max={100} aria-label={say('system.backup')} />
      )}
      {list.value && to === '' && list.value.results.length === 0 && <Empty>{say('backup.none')}</Empty>}
      {list.value && to === '' && list.value.results.length > 0 && (
        <Table
          label={say('backup.last-results')}
          rows={list.value.results.toReversed()}
          rowKey={({ at }) => at}
          columns={[
            { title: say('faxes.time'), cell: ({ at }) => time(at) },
            { title: say('backup.to'), cell: (one) => one.to },
            { title: say('mail.size'), cell: ({ sizeBytes }) => bytes(sizeBytes), right: true },
            {
              title: say('faxes.result'),
              cell: ({ error }) => <span class={error ? 'wrong' : 'well'}>{error || say('result.done')}</span>,
            },
          ]}
        />
      )}
      {list.value && to !== '' && (
        <Table
          label={say('backup.stored-at')}
          rows={list.value.stored.toReversed()}
          rowKey={({ name }) => name}
          columns={[
            { title: say('backup.name'), cell: ({ name }) => name },
            { title: say('mail.size'), cell: ({ sizeBytes }) => bytes(sizeBytes), right: true },
          ]}
        />
      )}
    </Section>
  );
}

function Access() {
  const [password, setPassword] = useState('');
  const act = useAct();
  const [told, setTold] = useState('');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!(await act.start(() => change('systemPassword', { password })))) return;
    setPassword('');
    setTold(say('access.password-set'));
  };
  return (
    <Section title={say('access.title')} actions={<a href="/settings/access">{say('access.settings')}</a>}>
      <form class="card inline" onSubmit={(event) => void submit(event)}>
        <TextField
          label={say('access.password')}
          type="password"
          autocomplete="new-password"
          required
          value={password}
          set={setPassword}
        />
        <button type="submit" disabled={act.busy}>
          {say('people.set-password')}
        </button>
        {act.error && <Trouble>{act.error}</Trouble>}
        {told && <Good>{told}</Good>}
      </form>
      <div class="actions">
        <ActButton work={() => change('systemSsh', { on: true })} question={say('access.ssh-question')}>
          {say('access.ssh-on')}
        </ActButton>
        <ActButton work={() => change('systemSsh', { on: false })}>{say('access.ssh-off')}</ActButton>
      </div>
    </Section>
  );
}

function Seldom() {
  return (
    <Section title={say('system.seldom')}>
      <div class="actions">
        <button type="button" onClick={() => download('systemSupport', {})}>
          {say('system.support')}
        </button>
        <ActButton question={say('system.reboot-question')} work={() => change('systemReboot', {})}>
          {say('system.reboot')}
        </ActButton>
        <ActButton question={say('system.shutdown-question')} work={() => change('systemShutdown', {})}>
          {say('system.shutdown')}
        </ActButton>
        <ActButton danger question={say('system.reset-question')} work={() => change('systemFactoryReset', {})}>
          {say('system.reset')}
        </ActButton>
      </div>
    </Section>
  );
}
