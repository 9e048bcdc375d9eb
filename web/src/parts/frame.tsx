import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { logOut, type Session } from '../api.ts';
import { useConnected } from '../live.ts';
import { useSession } from '../session.ts';
import { currentLanguage, keepLanguage, languages, say, type Word } from '../words.ts';
import { ChangesBar } from './changes-bar.tsx';

type Role = NonNullable<Session['role']>;

const roles: readonly Role[] = ['person', 'operator', 'administrator'];

/** Where one can go, with the least role; `only` is for that role alone. */
const places: readonly { readonly path: string; readonly word: Word; readonly role: Role; readonly only?: true }[] = [
  { path: '/', word: 'nav.home', role: 'operator' },
  { path: '/faxes', word: 'nav.faxes', role: 'person' },
  { path: '/send', word: 'nav.send', role: 'person' },
  { path: '/book', word: 'nav.book', role: 'person' },
  { path: '/mail', word: 'nav.mail', role: 'operator' },
  { path: '/people', word: 'nav.people', role: 'operator' },
  { path: '/settings', word: 'nav.settings', role: 'administrator' },
  { path: '/security', word: 'nav.security', role: 'administrator' },
  { path: '/system', word: 'nav.system', role: 'operator' },
  { path: '/programs', word: 'nav.programs', role: 'person', only: true },
  { path: '/account', word: 'nav.account', role: 'person' },
];

/** What stands around every screen: the name of the box, the way to the others, and changes that are not made yet. */
export function Frame({ children }: { readonly children: ComponentChildren }) {
  const { path } = useLocation();
  const session = useSession();
  const connected = useConnected();
  const [open, setOpen] = useState(false);
  // Each new screen closes the menu.
  useEffect(() => setOpen(false), [path]);
  const own = session.role ?? 'person';
  const shown = places.filter(
    ({ path: place, role, only }) =>
      (only ? role === own : roles.indexOf(own) >= roles.indexOf(role)) && (place !== '/account' || session.guarded),
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
          {own !== 'person' && (
            <span class={`live ${connected ? 'on' : 'off'}`} role="status">
              {connected ? say('live') : say('not-live')}
            </span>
          )}
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
            {shown.map(({ path: place, word }) => (
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
