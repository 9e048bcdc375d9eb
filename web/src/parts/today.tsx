import { ask } from '../api.ts';
import { useAsked } from '../asked.ts';
import { number, say, type Word } from '../words.ts';

/** Mail and faxes since midnight. */
export function Today({ waiting }: { readonly waiting: number }) {
  const today = useAsked(() => ask('today', {}), ['queue.', 'call.', 'fax.', 'smtp.', 'dsn.']);
  if (!today.value) return null;
  const { mailIn, mailOut, mailRefused, mailFailed, faxIn, faxOut, faxFailed, pagesIn, pagesOut } = today.value;
  const tiles: readonly (readonly [Word, number, string, boolean?])[] = [
    ['today.mail-in', mailIn, mailRefused > 0 ? say('today.refused', { count: mailRefused }) : ''],
    ['today.mail-out', mailOut, mailFailed > 0 ? say('today.failed', { count: mailFailed }) : '', mailFailed > 0],
    ['today.fax-in', faxIn, say('today.pages', { count: pagesIn })],
    [
      'today.fax-out',
      faxOut,
      faxFailed > 0 ? say('today.failed', { count: faxFailed }) : say('today.pages', { count: pagesOut }),
      faxFailed > 0,
    ],
    ['today.waiting', waiting, ''],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([word, count, more, isWrong]) => (
        <div class="card" key={word}>
          <dt>{say(word)}</dt>
          <dd>
            <strong>{number(count)}</strong>
            {more && <span class={isWrong ? 'wrong' : 'quiet'}>{more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
