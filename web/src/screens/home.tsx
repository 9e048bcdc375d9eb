import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Finding } from '../../../src/admin/admin-api.ts';
import type { MachineView } from '../../../src/admin/views/machine-views.ts';
import { ask } from '../api.ts';
import { type Asked, useAsked } from '../asked.ts';
import { Calls } from '../parts/calls.tsx';
import { FaxLines } from '../parts/fax-lines.tsx';
import { FindingText } from '../parts/finding.tsx';
import { Good, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { PausedNote } from '../parts/pause-faxing.tsx';
import { Today } from '../parts/today.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { useMay } from '../session.ts';
import { bytes, number, say, sayBox, seconds, time } from '../words.ts';

/** Messages that wait, as many as are shown here. */
const waitingShown = 5;
const callsShown = 8;

/** What a person wants to know in five seconds: is everything well, what came and went, what waits and why, what the lines do. */
export function Home() {
  const findings = useAsked(
    () => ask('doctor', {}),
    ['health.', 'box.', 'config.', 'update.', 'backup.', 'line.fault'],
  );
  const lines = useAsked(() => ask('faxLines', {}), ['line.', 'call.', 'config.']);
  const queue = useAsked(() => ask('queueList', { address: '', limit: 200 }), ['queue.', 'dsn.']);
  const calls = useAsked(() => ask('faxCalls', { limit: callsShown, line: '', direction: '' }), ['call.ended', 'fax.']);
  const machine = useAsked(() => ask('systemStatus', {}), ['health.', 'network.', 'update.']);
  const error = lines.error || queue.error || calls.error || machine.error;
  return (
    <Page title={say('nav.home')}>
      {error && <Trouble again={lines.again}>{error}</Trouble>}
      <SetupLeft />
      <State findings={findings} />
      <PausedNote lines={lines.value ?? []} done={lines.again} />
      <Today waiting={queue.value?.length ?? 0} />
      <FaxLines lines={lines} />
      {queue.value && queue.value.length > 0 && (
        <Section title={say('mail.waiting')} actions={<a href="/mail">{say('home.all')}</a>}>
          <Waiting messages={queue.value.slice(0, waitingShown)} />
        </Section>
      )}
      <Section title={say('home.calls')} actions={<a href="/faxes">{say('home.all')}</a>}>
        {calls.value && <Calls calls={calls.value} />}
      </Section>
      {machine.value && <Box machine={machine.value} findings={findings.value ?? []} />}
    </Page>
  );
}

function State({ findings }: { readonly findings: Asked<readonly Finding[]> }) {
  if (!findings.value) return findings.error ? <Trouble again={findings.again}>{findings.error}</Trouble> : null;
  const wrong = findings.value.filter(({ level }) => level === 'wrong');
  if (wrong.length === 0) return <Good>{say('home.well')}</Good>;
  return (
    <>
      {wrong.map((finding) => (
        <Trouble key={finding.id}>
          <FindingText finding={finding} />
        </Trouble>
      ))}
    </>
  );
}

const askedAs = 'caselli.setup';

/** The first run finds itself again until it is over. */
function SetupLeft() {
  return useMay('administrator') ? <OpenSteps /> : null;
}

function OpenSteps() {
  const setup = useAsked(() => ask('setupStatus', {}), ['config.', 'account.']);
  const { route } = useLocation();
  const open = setup.value?.steps.filter(({ state }) => state === 'open').length ?? 0;
  const isNew = setup.value?.finished === false;
  // Whoever comes to a new box is asked first, once; then the way there stands on this page.
  useEffect(() => {
    if (!isNew || sessionStorage.getItem(askedAs)) return;
    sessionStorage.setItem(askedAs, 'yes');
    route('/setup');
  }, [isNew, route]);
  if (!setup.value || setup.value.finished || open === 0) return null;
  return (
    <div class="note">
      <p>{say('setup.left', { count: open })}</p>
      <a class="button first" href="/setup">
        {say('setup.resume')}
      </a>
    </div>
  );
}

function Box({ machine, findings }: { readonly machine: MachineView; readonly findings: readonly Finding[] }) {
  const update = useAsked(() => ask('updateStatus', {}), ['update.']);
  const { disk, memory, temperature, uptimeSeconds, version } = machine;
  const told = (beginning: string) => sayBox(findings.find(({ id }) => id.startsWith(beginning))?.sentence ?? '');
  const last = update.value?.last;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [say('system.disk'), say('system.free-of', { free: bytes(disk.free), total: bytes(disk.total) })],
    [say('system.memory'), say('system.free-of', { free: bytes(memory.available), total: bytes(memory.total) })],
    [say('system.temperature'), temperature === null ? undefined : `${number(temperature)} °C`],
    [say('home.certificate'), told('certificate')],
    [say('system.backup'), told('backup')],
    [say('system.version'), last ? say('home.version-since', { version, time: time(last.at) }) : version],
    [say('system.uptime'), seconds(uptimeSeconds.program)],
  ];
  return (
    <Section title={say('home.box')} actions={<a href="/system">{say('home.all')}</a>}>
      <dl class="card facts">
        {facts.flatMap(([name, text]) =>
          text === undefined ? [] : [<dt key={`${name}-name`}>{name}</dt>, <dd key={name}>{text}</dd>],
        )}
      </dl>
    </Section>
  );
}
