import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { Calls } from '../parts/calls.tsx';
import { FaxLine } from '../parts/fax-line.tsx';
import { Empty, Good, Trouble } from '../parts/notes.tsx';
import { Page, Section } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { bytes, number, say, seconds } from '../words.ts';

/** What a person wants to know in five seconds: is everything well, what waits and why, what the lines do. */
export function Home() {
  const findings = useAsked(() => ask('doctor', {}), ['health.', 'box.', 'config.', 'update.', 'backup.', 'lcd.']);
  const lines = useAsked(() => ask('faxLines', {}), ['line.', 'config.']);
  const queue = useAsked(() => ask('queueList', { address: '', limit: 20 }), ['queue.', 'message.', 'dsn.']);
  const calls = useAsked(() => ask('faxCalls', { limit: 8, line: '', direction: '' }), ['line.', 'fax.']);
  const machine = useAsked(() => ask('systemStatus', {}), ['health.', 'network.', 'update.']);
  const wrong = findings.value?.filter(({ level }) => level === 'wrong') ?? [];
  const error = findings.error || lines.error || queue.error || calls.error || machine.error;
  return (
    <Page title={say('nav.home')}>
      {error && <Trouble again={findings.again}>{error}</Trouble>}
      {findings.value && wrong.length === 0 && <Good>{say('home.well')}</Good>}
      {wrong.map(({ id, sentence, advice }) => (
        <Trouble key={id}>
          {sentence}
          {advice && <span class="quiet"> {advice}</span>}
        </Trouble>
      ))}
      <Section title={say('home.lines')}>
        {lines.value?.length === 0 && <Empty>{say('home.no-lines')}</Empty>}
        <div class="cards">
          {lines.value?.map((line) => (
            <FaxLine key={line.id} line={line} />
          ))}
        </div>
      </Section>
      <Section title={say('mail.waiting')}>{queue.value && <Waiting messages={queue.value} />}</Section>
      <Section title={say('home.calls')}>{calls.value && <Calls calls={calls.value} />}</Section>
      {machine.value && (
        <Section title={say('home.box')}>
          <dl class="card facts">
            <dt>{say('system.version')}</dt>
            <dd>{machine.value.version}</dd>
            <dt>{say('system.uptime')}</dt>
            <dd>{seconds(machine.value.uptimeSeconds.program)}</dd>
            <dt>{say('system.disk')}</dt>
            <dd>
              {say('system.free-of', { free: bytes(machine.value.disk.free), total: bytes(machine.value.disk.total) })}
            </dd>
            <dt>{say('system.memory')}</dt>
            <dd>
              {say('system.free-of', {
                free: bytes(machine.value.memory.available),
                total: bytes(machine.value.memory.total),
              })}
            </dd>
            {machine.value.temperature !== null && (
              <>
                <dt>{say('system.temperature')}</dt>
                <dd>{number(machine.value.temperature)} °C</dd>
              </>
            )}
          </dl>
        </Section>
      )}
    </Page>
  );
}
