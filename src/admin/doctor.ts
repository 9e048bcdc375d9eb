import type { Directory } from '../accounts/directory.ts';
import type { ConfigStore } from '../config/config-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Queue } from '../queue/queue.ts';
import type { LineView } from './views/fax-views.ts';
import type { Finding } from './views/machine-views.ts';

/** What is wrong. */
export interface DoctorAdmin {
  doctor(): Promise<readonly Finding[]>;
}

export interface DoctorParts {
  readonly config: ConfigStore;
  readonly directory: Directory;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly lines: () => Promise<readonly LineView[]>;
  /** What the machine says: disk, clock, certificate, programs that documents need. */
  readonly system: () => Promise<readonly Finding[]>;
  readonly running: () => boolean;
}

/** Looks at everything that can be wrong with a box, and says it in sentences with what to do. */
export function doctorAdmin(parts: DoctorParts): DoctorAdmin {
  return {
    doctor: async () => [
      runningFinding(parts.running()),
      ...configFindings(parts.config),
      ...officeFindings(parts),
      ...queueFindings(parts),
      ...(await parts.lines()).map(lineFinding),
      ...(await parts.system()),
    ],
  };
}

function ok(id: string, sentence: string): Finding {
  return { id, level: 'ok', sentence, advice: '' };
}

function runningFinding(running: boolean): Finding {
  if (running) return ok('running', 'The box is running.');
  return { id: 'running', level: 'wrong', sentence: 'The box is not running.', advice: 'Start it: caselli serve' };
}

function configFindings(config: ConfigStore): Finding[] {
  const passedOver = config.passedOver.map(
    ({ path, message }): Finding => ({
      id: 'config',
      level: 'note',
      sentence: `A newer version has written a setting that this one passes over: ${path} ${message}.`,
      advice: '',
    }),
  );
  if (config.problems.length === 0) return [ok('config', 'The configuration is valid.'), ...passedOver];
  return config.problems.map(({ path, message }) => ({
    id: 'config',
    level: 'wrong',
    sentence: `config.json was changed by hand and is not in force: ${path} ${message}.`,
    advice: 'Mend it: caselli config check',
  }));
}

function officeFindings({ config, directory }: DoctorParts): Finding[] {
  const findings: Finding[] = [];
  const people = directory.listPeople().length;
  const domains = directory.listDomains();
  if (domains.length === 0) {
    const advice = 'Add your domain: caselli domain add example.com';
    findings.push({
      id: 'domains',
      level: 'wrong',
      sentence: 'No domain is served: all mail from outside is refused.',
      advice,
    });
  } else {
    findings.push(ok('domains', `Mail is taken for ${domains.join(', ')}; ${people} people have a mailbox.`));
  }
  if (config.config.postmaster === '') {
    const advice = 'Name somebody: caselli config set postmaster you@example.com';
    findings.push({ id: 'postmaster', level: 'wrong', sentence: 'Nobody reads mail for postmaster.', advice });
  }
  const faxTo = config.config.fax.deliverTo;
  if (config.config.fax.lines.some(({ receive }) => receive) && faxTo.length === 0 && config.config.postmaster === '') {
    const advice = 'Name somebody: caselli config set fax.deliverTo \'["you@example.com"]\'';
    findings.push({ id: 'fax-in', level: 'wrong', sentence: 'Nobody gets the faxes that come in.', advice });
  }
  return findings;
}

function queueFindings({ queue, config, clock }: DoctorParts): Finding[] {
  const { messages, held, oldest } = queue.stats();
  if (messages === 0) return [ok('queue', 'Nothing waits in the queue.')];
  const late = oldest !== undefined && clock.now() - oldest > config.config.queue.warnTime;
  const sentence = `${messages} ${messages === 1 ? 'message waits' : 'messages wait'} in the queue${held > 0 ? `, ${held} of them on hold` : ''}.`;
  if (!late) return [ok('queue', sentence)];
  const hours = Math.round((clock.now() - oldest) / 3_600_000);
  return [
    {
      id: 'queue',
      level: 'note',
      sentence: `${sentence} The oldest waits for ${hours} hours.`,
      advice: 'See why: caselli queue list',
    },
  ];
}

function lineFinding({ id, number, fault, state, paused }: LineView): Finding {
  const name = number ? `${id} (${number})` : id;
  if (fault === '' && paused !== 'no') {
    const what = paused === 'all' ? 'nothing is sent and no call is answered' : 'faxes wait';
    const sentence = `Fax line ${name} is paused: ${what}.`;
    return { id: `line-${id}`, level: 'note', sentence, advice: 'Let it go on: caselli fax resume' };
  }
  if (fault === '') return ok(`line-${id}`, `Fax line ${name}: ${state}.`);
  const advice = `Look whether the modem has power and its cable is plugged in; then caselli fax lines. The box keeps trying.`;
  return { id: `line-${id}`, level: 'wrong', sentence: `Fax line ${name} does not work: ${fault}.`, advice };
}
