import { logOut } from '../../api.ts';
import { Page } from '../../parts/page.tsx';
import { useSession } from '../../session.ts';
import { say } from '../../words.ts';
import { Factors } from './factors.tsx';

/** All that can be seen by somebody who must set up a second factor. */
export function FactorFirst() {
  const { again } = useSession();
  return (
    <main class="lone" id="main">
      <Page
        title={say('factor.first')}
        actions={
          <button type="button" onClick={() => void logOut().then(again)}>
            {say('log-out')}
          </button>
        }
      >
        <p>{say('factor.first-why')}</p>
        <Factors changed={again} />
      </Page>
    </main>
  );
}
