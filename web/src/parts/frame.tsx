import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { logOut } from '../api.ts';
import { useConnected } from '../live.ts';
import { useSession } from '../session.ts';
import { currentLanguage, keepLanguage, languages, say, type Word } from '../words.ts';
import { ChangesBar } from './changes-bar.tsx';

const places: readonly (readonly [path: string, word: Word, role: 'person' | 'operator' | 'administrator'])[] = [
  ['/', 'nav.home', 'operator'],
  ['/faxes', 'nav.faxes', 'person'],
  ['/mail', 'nav.mail', 'operator'],
  ['/people', 'nav.people', 'operator'],
  ['/settings', 'nav.settings', 'administrator'],
  ['/system', 'nav.system', 'operator'],
];

/** What stands around every screen: the name of the box, the way to the others, and changes that are not made yet. */
export function Frame({ children }: { readonly children: ComponentChildren }) {
  const { path } = useLocation();
  const session = useSession();
  const connected = useConnected();
  const [open, setOpen] = useState(false);
  // Each new screen closes the menu.
  useEffect(() => setOpen(false), [path]);
  const shown = places.filter(
    ([, , role]) => role === 'person' || session.role === 'administrator' || role === session.role,
  );
  const isHere = (place: string): boolean => (place === '/' ? path === '/' : path.startsWith(place));
  return (
    <>
      <a class="skip" href="#main">
        {say('skip')}
      </a>
      <div class="frame">
        <header class="top">
          <a class="brand" href="/">
            {session.name}
          </a>
          <span class={`live ${connected ? 'on' : 'off'}`} role="status">
            {connected ? say('live') : say('not-live')}
          </span>
          <button
            type="button"
            class="menu"
            aria-expanded={open}
            aria-controls="nav"
            onClick={() => setOpen((state) => !state)}
          >
            {say('menu')}
          </button>
        </header>
        <nav id="nav" class={open ? 'open' : ''} aria-label={say('menu')}>
          <ul>
            {shown.map(([place, word]) => (
              <li key={place}>
                <a href={place} aria-current={isHere(place) ? 'page' : undefined}>
                  {say(word)}
                </a>
              </li>
            ))}
          </ul>
          <div class="foot">
            <label>
              <span class="hidden">{say('language')}</span>
              <select value={currentLanguage()} onChange={(event) => keepLanguage(event.currentTarget.value)}>
                {languages.map((one) => (
                  <option key={one} value={one}>
                    {new Intl.DisplayNames([one], { type: 'language' }).of(one)}
                  </option>
                ))}
              </select>
            </label>
            {session.guarded && (
              <button type="button" onClick={() => void logOut().then(session.again)}>
                {say('log-out')}
              </button>
            )}
            <p class="quiet">Caselli {session.version}</p>
          </div>
        </nav>
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <ChangesBar />
    </>
  );
}
