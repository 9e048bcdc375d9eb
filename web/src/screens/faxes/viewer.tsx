import { useEffect, useRef, useState } from 'preact/hooks';
import type { FaxPageView } from '../../../../src/admin/admin-api.ts';
import { addressOf } from '../../api.ts';
import { number, say } from '../../words.ts';

/** Pels of a page an inch across, and lines an inch down. */
const xDpi = 204;
const yDpi = { fine: 196, normal: 98 } as const;
/** Shares of the full size; a page is 1728 pels wide. */
const zooms = [0.25, 0.33, 0.5, 0.67, 0.75, 1, 1.5, 2] as const;
/** Widths that pictures are asked for: the box makes them smaller better than a browser does. */
const widths = [300, 600, 900, 1200] as const;
const thumbnailPx = 140;

/** Pages of a fax: small ones to choose from, and one large, with zoom, rotation and keys. */
export function Viewer({ id, pages }: { readonly id: string; readonly pages: readonly FaxPageView[] }) {
  const [at, setAt] = useState(0);
  const [zoom, setZoom] = useState<number | 'fit'>('fit');
  const [turns, setTurns] = useState(0);
  const [room, setRoom] = useState(800);
  const place = useRef<HTMLDivElement>(null);
  const page = pages[Math.min(at, pages.length - 1)]!;
  const full = { width: page.widthPx, height: Math.max(1, Math.round((page.lines * xDpi) / yDpi[page.resolution])) };
  const lying = turns % 2 === 1;
  const share = zoom === 'fit' ? Math.min(1, room / (lying ? full.height : full.width)) : zoom;

  useEffect(() => {
    const element = place.current!;
    const measure = new ResizeObserver(() => setRoom(element.clientWidth - 2 * 16));
    measure.observe(element);
    return () => measure.disconnect();
  }, []);

  const go = (to: number): void => {
    if (to < 0 || to >= pages.length) return;
    setAt(to);
    place.current?.scrollTo(0, 0);
  };
  const larger = (): void => setZoom(zooms.find((one) => one > share + 0.01) ?? zooms.at(-1)!);
  const smaller = (): void => setZoom(zooms.findLast((one) => one < share - 0.01) ?? zooms[0]);
  const turn = (): void => setTurns((turns + 1) % 4);
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => go(at - 1),
    ArrowRight: () => go(at + 1),
    PageUp: () => go(at - 1),
    PageDown: () => go(at + 1),
    Home: () => go(0),
    End: () => go(pages.length - 1),
    '+': larger,
    '-': smaller,
    r: turn,
    '0': () => setZoom('fit'),
  };
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const { target, key, ctrlKey, altKey, metaKey } = event;
      if (ctrlKey || altKey || metaKey || document.querySelector('dialog[open]')) return;
      if (target instanceof Element && target.closest('input, textarea, select, [contenteditable]')) return;
      const does = current.current[key];
      if (!does) return;
      event.preventDefault();
      does();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);

  const title = say('fax.page-of', { page: page.page, pages: pages.length });
  return (
    <div class="viewer">
      <div class="viewer-tools" role="toolbar" aria-label={say('fax.tools')}>
        <Tool word={say('fax.previous')} sign="‹" act={() => go(at - 1)} off={at === 0} />
        <span aria-live="polite">{title}</span>
        <Tool word={say('fax.next-page')} sign="›" act={() => go(at + 1)} off={at >= pages.length - 1} />
        <span class="gap" />
        <Tool word={say('fax.smaller')} sign="−" act={smaller} off={share <= zooms[0]} />
        <span>{number(share * 100)} %</span>
        <Tool word={say('fax.larger')} sign="+" act={larger} off={share >= zooms.at(-1)!} />
        <Tool word={say('fax.fit')} sign="↔" act={() => setZoom('fit')} off={zoom === 'fit'} />
        <Tool word={say('fax.rotate')} sign="⟳" act={turn} />
      </div>
      <div class="viewer-room">
        {pages.length > 1 && (
          <ol class="thumbnails">
            {pages.map((one, index) => (
              <li key={one.page}>
                <button type="button" aria-current={index === at ? 'page' : undefined} onClick={() => go(index)}>
                  <img
                    src={addressOf('faxPage', { id, account: '', page: one.page, widthPx: thumbnailPx })}
                    alt={say('fax.page', { page: one.page })}
                    loading="lazy"
                  />
                  <span aria-hidden="true">{one.page}</span>
                </button>
              </li>
            ))}
          </ol>
        )}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled must be reached by keys. */}
        <section class="sheet" ref={place} tabIndex={0} aria-label={title}>
          <Sheet id={id} page={page} {...full} share={share} turns={turns} title={title} />
        </section>
      </div>
      <p class="quiet viewer-keys">{say('fax.keys')}</p>
    </div>
  );
}

function Tool(props: {
  readonly word: string;
  readonly sign: string;
  readonly act: () => void;
  readonly off?: boolean;
}) {
  return (
    <button type="button" title={props.word} aria-label={props.word} disabled={props.off ?? false} onClick={props.act}>
      {props.sign}
    </button>
  );
}

function Sheet(props: {
  readonly id: string;
  readonly page: FaxPageView;
  readonly width: number;
  readonly height: number;
  readonly share: number;
  readonly turns: number;
  readonly title: string;
}) {
  const { id, page, width, height, share, turns, title } = props;
  const wanted = width * share * window.devicePixelRatio;
  const widthPx = widths.find((one) => one >= wanted) ?? 0;
  const [w, h] = turns % 2 === 1 ? [height, width] : [width, height];
  // Each turn moves the corner that becomes the first.
  const moves = ['', `translate(${height} 0)`, `translate(${width} ${height})`, `translate(0 ${width})`];
  return (
    <svg
      class="paper"
      role="img"
      aria-label={title}
      width={Math.round(w * share)}
      height={Math.round(h * share)}
      viewBox={`0 0 ${w} ${h}`}
    >
      <title>{title}</title>
      <image
        href={addressOf('faxPage', { id, account: '', page: page.page, widthPx })}
        width={width}
        height={height}
        preserveAspectRatio="none"
        transform={`${moves[turns]} rotate(${turns * 90})`}
      />
    </svg>
  );
}
