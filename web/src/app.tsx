import { useCallback, useEffect, useState } from 'preact/hooks';
import { LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import { onLoggedOut, readSession, type Session } from './api.ts';
import { startLive } from './live.ts';
import { Frame } from './parts/frame.tsx';
import { Trouble } from './parts/notes.tsx';
import { Page } from './parts/page.tsx';
import { Login } from './screens/login.tsx';
import { SessionContext, useSession } from './session.ts';
import { StagedProvider } from './staged.tsx';
import { say } from './words.ts';

const Home = lazy(() => import('./screens/home.tsx').then(({ Home: Screen }) => Screen));

const screens = {
  '/': Start,
  '/faxes': lazy(() => import('./screens/faxes/faxes.tsx').then(({ Faxes }) => Faxes)),
  '/faxes/:id': lazy(() => import('./screens/faxes/fax.tsx').then(({ Fax }) => Fax)),
  '/send': lazy(() => import('./screens/send/send.tsx').then(({ Send }) => Send)),
  '/sendings': lazy(() => import('./screens/send/sendings.tsx').then(({ Sendings }) => Sendings)),
  '/sendings/:id': lazy(() => import('./screens/send/sending.tsx').then(({ Sending }) => Sending)),
  '/book': lazy(() => import('./screens/book/book.tsx').then(({ Book }) => Book)),
  '/calls': lazy(() => import('./screens/faxes/calls.tsx').then(({ CallList }) => CallList)),
  '/calls/:id': lazy(() => import('./screens/faxes/call.tsx').then(({ Call }) => Call)),
  '/mail': lazy(() => import('./screens/mail.tsx').then(({ Mail }) => Mail)),
  '/mail/log': lazy(() => import('./screens/mail-log.tsx').then(({ MailLog }) => MailLog)),
  '/mail/log/:id': lazy(() => import('./screens/story.tsx').then(({ Story }) => Story)),
  '/mail/summary': lazy(() => import('./screens/mail-summary.tsx').then(({ MailSummary }) => MailSummary)),
  '/mail/:id': lazy(() => import('./screens/message.tsx').then(({ Message }) => Message)),
  '/people': lazy(() => import('./screens/people.tsx').then(({ People }) => People)),
  '/settings': lazy(() => import('./screens/settings.tsx').then(({ Settings }) => Settings)),
  '/settings/:screen': lazy(() => import('./screens/settings.tsx').then(({ Settings }) => Settings)),
  '/setup': lazy(() => import('./screens/setup/setup.tsx').then(({ Setup }) => Setup)),
  '/setup/:step': lazy(() => import('./screens/setup/setup.tsx').then(({ Setup }) => Setup)),
  '/backup': lazy(() => import('./screens/backup/backup.tsx').then(({ Backup }) => Backup)),
  '/certificate': lazy(() => import('./screens/certificate/certificate.tsx').then(({ Certificate }) => Certificate)),
  '/lines': lazy(() => import('./screens/lines/lines.tsx').then(({ Lines }) => Lines)),
  '/dial-plan': lazy(() => import('./screens/lines/dial-plan.tsx').then(({ DialPlan }) => DialPlan)),
  '/dns': lazy(() => import('./screens/dns.tsx').then(({ Dns }) => Dns)),
  '/programs': lazy(() => import('./screens/programs.tsx').then(({ Programs }) => Programs)),
  '/storage': lazy(() => import('./screens/storage.tsx').then(({ Storage }) => Storage)),
  '/front-panel': lazy(() => import('./screens/front-panel/front-panel.tsx').then(({ FrontPanel }) => FrontPanel)),
  '/system': lazy(() => import('./screens/system/system.tsx').then(({ System }) => System)),
  '/account': lazy(() => import('./screens/account/account.tsx').then(({ Account }) => Account)),
  '/security': lazy(() => import('./screens/security/security.tsx').then(({ Security }) => Security)),
  '/log': lazy(() => import('./screens/log.tsx').then(({ Log }) => Log)),
};

/** Before anything else, where the box asks for a second factor and there is none. */
const FactorFirst = lazy(() => import('./screens/account/factor-first.tsx').then(({ FactorFirst }) => FactorFirst));

/** What people who look after nothing but their own find; the rest is not there for them. */
const ofPersons: ReadonlySet<string> = new Set([
  '/',
  '/faxes',
  '/faxes/:id',
  '/send',
  '/sendings',
  '/sendings/:id',
  '/book',
  '/programs',
  '/account',
]);

/** The first screen of people who look after nothing but their own. */
const ownHome = '/faxes';

function Start() {
  const { role } = useSession();
  const { route } = useLocation();
  useEffect(() => {
    if (role === 'person') route(ownHome, true);
  }, [role, route]);
  return role === 'person' ? null : <Home />;
}

const Nowhere = () => (
  <Page title={say('nowhere')}>
    <a href="/">{say('nav.home')}</a>
  </Page>
);

/** The panel: the login where one is needed, else the screens in their frame. */
export function App() {
  const [session, setSession] = useState<Session>();
  const [error, setError] = useState('');
  const again = useCallback(() => {
    readSession().then(
      (known) => {
        setError('');
        setSession(known);
      },
      (refused: Error) => setError(refused.message),
    );
  }, []);
  useEffect(again, [again]);
  useEffect(() => onLoggedOut(again), [again]);
  const { role, lacksSecondFactor = false } = session ?? {};
  useEffect(
    () => (role && role !== 'person' && !lacksSecondFactor ? startLive() : undefined),
    [role, lacksSecondFactor],
  );
  if (error) return <Trouble again={again}>{error}</Trouble>;
  if (!session) return null;
  if (!session.role) return <Login session={session} done={again} />;
  return (
    <SessionContext.Provider value={{ ...session, again }}>
      <StagedProvider>
        <LocationProvider>
          {lacksSecondFactor ? (
            <Router>{[<Route key="first" default component={FactorFirst} />]}</Router>
          ) : (
            <Frame>
              <Router>
                {Object.entries(screens)
                  .filter(([path]) => session.role !== 'person' || ofPersons.has(path))
                  .map(([path, Screen]) => (
                    <Route key={path} path={path} component={Screen} />
                  ))}
                <Route default component={Nowhere} />
              </Router>
            </Frame>
          )}
        </LocationProvider>
      </StagedProvider>
    </SessionContext.Provider>
  );
}
