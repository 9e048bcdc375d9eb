import type { ComponentChildren } from 'preact';
import type { ask } from '../api.ts';
import { number, say, seconds, time } from '../words.ts';

type Story = Awaited<ReturnType<typeof ask<'mailStory'>>>;
type Step = Story['steps'][number];

export function outcomeTone(outcome: string): string {
  if (outcome === 'delivered') return 'well';
  if (outcome === 'led-on') return 'quiet';
  return outcome === 'waiting' || outcome === 'deferred' ? 'busy' : 'wrong';
}

/** What happened to a message, step by step. */
export function Timeline({ story }: { readonly story: Story }) {
  return (
    <ol class="timeline">
      {story.steps.map((step, index) => (
        <li key={index} class={toneOf(step)}>
          <time dateTime={step.at}>{time(step.at)}</time>
          <div>
            <p>{sentence(step, story)}</p>
            {detail(step) && <p class="quiet">{detail(step)}</p>}
            {step.reply && (
              <blockquote>
                <span class="quiet">{say('story.said', { host: step.host || say('mail.other-side') })}</span>{' '}
                {step.reply}
              </blockquote>
            )}
            <Links step={step} />
          </div>
        </li>
      ))}
      {story.leftOut > 0 && <li>{say('story.left-out', { count: story.leftOut })}</li>}
    </ol>
  );
}

function toneOf({ kind, text }: Step): string {
  switch (kind) {
    case 'delivered':
    case 'fax-received':
      return 'well';
    case 'deferred':
    case 'held':
      return 'busy';
    case 'failed':
    case 'refused':
    case 'report-dropped':
      return 'wrong';
    default:
      return text === '' ? '' : 'plain';
  }
}

function sentence(step: Step, story: Story): ComponentChildren {
  const { kind, recipient, to, place, agent } = step;
  const others = to.join(', ');
  switch (kind) {
    case 'accepted':
      return entrance(story);
    case 'refused':
      return say('story.refused', { remote: story.remote });
    case 'routed':
      return say(step.by === 'catch-all' ? 'story.catch-all' : 'story.alias', { recipient, to: others });
    case 'rerouted':
      return say('story.rerouted', { recipient, to: others });
    case 'held':
      return say('story.held');
    case 'released':
      return say('story.released');
    case 'deferred':
      return say('story.deferred', { recipient });
    case 'delivered':
      if (agent === 'local') return say('story.in-mailbox', { recipient, place });
      return agent === 'fax'
        ? say('story.faxed', { number: place })
        : say('story.handed-over', { recipient, host: step.host || place });
    case 'failed':
      return say('story.failed', { recipient });
    case 'call':
      return say('story.call', {
        line: step.line,
        number: step.number,
        pages: step.pages,
        took: seconds(step.durationSeconds),
      });
    case 'fax-received':
      return say('story.fax-received', { line: step.line, number: step.number || say('unknown'), pages: step.pages });
    case 'report':
      return say(step.action === 'delayed' ? 'story.delay-report' : 'story.report', { to: others });
    case 'report-about':
      return say('story.report-about');
    case 'report-dropped':
      return say('story.report-dropped');
  }
}

function entrance({ source, account, remote, tls }: Story): string {
  if (source === 'fax') return say('story.of-fax');
  if (source === 'dsn') return say('story.of-report');
  if (source === 'web') return say('story.of-panel');
  if (remote === '') return say('story.of-box');
  const who = account ? say('story.from-person', { remote, account }) : say('story.from-host', { remote });
  return `${who} ${say(tls ? 'story.with-tls' : 'story.without-tls', { tls })}`;
}

/** What this box has to say of it. */
function detail({ kind, status, text, nextAttempt, attempt }: Step): string {
  if (kind === 'delivered' && status === '2.0.0' && !/\d/.test(text)) return '';
  const tried = kind === 'deferred' && attempt > 0 ? say('story.attempt', { count: number(attempt) }) : '';
  const next = nextAttempt ? say('story.next', { time: time(nextAttempt) }) : '';
  const code = status.startsWith('2') ? '' : status;
  return [tried, text, code && `(${code})`, next].filter(Boolean).join(' ');
}

function Links({ step: { message, call } }: { readonly step: Step }) {
  return (
    <>
      {message && <a href={`/mail/log/${message}`}>{say('story.other')}</a>}
      {call && <a href={`/faxes/${call}`}>{say('story.the-call')}</a>}
    </>
  );
}
