import { useLocation } from 'preact-iso';
import { say, type Word } from '../../words.ts';

const tabs: readonly (readonly [path: string, word: Word])[] = [
  ['/lines', 'lines.title'],
  ['/dial-plan', 'dial.title'],
];

/** The screens about lines. */
export function LineTabs() {
  const { path } = useLocation();
  return (
    <nav class="tabs" aria-label={say('home.lines')}>
      {tabs.map(([place, word]) => (
        <a key={place} href={place} aria-current={path === place ? 'page' : undefined}>
          {say(word)}
        </a>
      ))}
    </nav>
  );
}
