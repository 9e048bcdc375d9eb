import type { SessionView } from '../../../src/admin/views/access-views.ts';
import { say, time } from '../words.ts';
import { ActButton } from './act.tsx';
import { Table } from './table.tsx';

/** Logins, each with the way to end it. */
export function SessionsTable(props: {
  readonly label: string;
  readonly sessions: readonly SessionView[];
  readonly end: (id: string) => Promise<unknown>;
  readonly done: () => void;
  /** Whose they are is shown where they are of more than one person. */
  readonly withWho?: boolean;
}) {
  const { label, sessions, end, done, withWho = false } = props;
  const who = { title: say('sessions.who'), cell: ({ account }: SessionView) => account || say('administrator') };
  return (
    <Table
      label={label}
      rows={sessions}
      rowKey={({ id }) => id}
      columns={[
        ...(withWho ? [who] : []),
        { title: say('sessions.browser'), cell: ({ agent }) => browserOf(agent) },
        { title: say('sessions.from'), cell: ({ remote }) => remote },
        { title: say('sessions.since'), cell: ({ since }) => time(since) },
        { title: say('sessions.used'), cell: ({ usedAt }) => time(usedAt) },
        {
          title: say('actions'),
          cell: ({ id, isThis }) =>
            isThis ? (
              <strong>{say('sessions.this')}</strong>
            ) : (
              <ActButton work={() => end(id)} done={done}>
                {say('sessions.end')}
              </ActButton>
            ),
        },
      ]}
    />
  );
}

/** Most browsers say that they are others, too: the first that fits is it. */
const browsers = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
] as const;
const systems = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const;

function browserOf(agent: string): string {
  const browser = browsers.find(([form]) => form.test(agent))?.[1];
  const system = systems.find(([form]) => form.test(agent))?.[1];
  if (!browser) return agent.slice(0, 40) || say('sessions.unknown');
  return system ? say('sessions.agent', { browser, system }) : browser;
}
