import { useLocation } from 'preact-iso';
import { say, type Word } from '../words.ts';

const tabs: readonly (readonly [path: string, word: Word])[] = [
  ['/mail', 'mail.waiting'],
  ['/mail/log', 'mail-log.title'],
  ['/mail/summary', 'summary.title'],
];

/** The screens about mail. */
export function MailTabs() {
  const { path } = useLocation();
  return (
    <nav class="tabs" aria-label={say('nav.mail')}>
      {tabs.map(([place, word]) => (
        <a key={place} href={place} aria-current={path === place ? 'page' : undefined}>
          {say(word)}
        </a>
      ))}
    </nav>
  );
}
