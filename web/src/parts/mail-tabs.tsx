import { useLocation } from 'preact-iso';
import { say, type Word } from '../words.ts';

const tabs: readonly (readonly [path: string, word: Word])[] = [
  ['/mail', 'mail.waiting'],
  ['/mail/log', 'mail-log.title'],
  ['/mail/summary', 'summary.title'],
];

/** A message of the queue belongs to what waits, one of the log to the log. */
function isHere(path: string, place: string): boolean {
  const others = tabs.some(([other]) => other !== place && other.startsWith(place) && path.startsWith(other));
  return path.startsWith(place) && !others;
}

/** The screens about mail. */
export function MailTabs() {
  const { path } = useLocation();
  return (
    <nav class="tabs" aria-label={say('nav.mail')}>
      {tabs.map(([place, word]) => (
        <a key={place} href={place} aria-current={isHere(path, place) ? 'page' : undefined}>
          {say(word)}
        </a>
      ))}
    </nav>
  );
}
