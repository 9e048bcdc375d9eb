import { ask, change } from '../../api.ts';
import { useAsked } from '../../asked.ts';
import { ActButton } from '../../parts/act.tsx';
import { Trouble } from '../../parts/notes.tsx';
import { Section } from '../../parts/page.tsx';
import { bytes, number, say, sayOr, seconds, time } from '../../words.ts';

/** The machine as it is, and an address that is on trial. */
export function Machine() {
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
