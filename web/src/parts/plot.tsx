import { number, say } from '../words.ts';
import { Table } from './table.tsx';

/** Values over time as bars, one on the other, with the same as a table behind them. */
export interface Series {
  readonly title: string;
  readonly values: readonly number[];
  /** Of the style sheet's fills; the place in the list when it is left out. */
  readonly fill?: number;
}

/** Units of the drawing; it is stretched to the place that there is. */
const [slotWidth, barWidth, height] = [10, 7, 100];

export function Plot(props: {
  readonly title: string;
  /** Of the slots. */
  readonly labels: readonly string[];
  readonly series: readonly Series[];
}) {
  const { title, labels, series } = props;
  const sums = labels.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const most = Math.max(...sums, 1);
  const total = sums.reduce((sum, one) => sum + one, 0);
  const busiest = labels[sums.indexOf(Math.max(...sums))] ?? '';
  const marks = [0, Math.floor((labels.length - 1) / 2), labels.length - 1];
  return (
    <figure class="plot card">
      <figcaption>
        <strong>{title}</strong>
        <ul class="legend">
          {series.map((one, index) => (
            <li key={one.title} class={`fill-${one.fill ?? index}`}>
              {one.title} <span class="quiet">{number(one.values.reduce((sum, value) => sum + value, 0))}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="drawing">
        <span class="most quiet">{number(most)}</span>
        <svg
          viewBox={`0 0 ${labels.length * slotWidth} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={say('plot.says', { title, total: number(total), busiest, most: number(Math.max(...sums)) })}
        >
          <line class="base" x1="0" y1={height} x2={labels.length * slotWidth} y2={height} />
          {labels.map((label, slot) => (
            <g key={label}>
              <title>{`${label}: ${series.map((one) => `${one.title} ${number(one.values[slot] ?? 0)}`).join(', ')}`}</title>
              <rect class="room" x={slot * slotWidth} y="0" width={slotWidth} height={height} />
              {stacked(series, slot, most).map(({ y, tall }, index) => (
                <rect
                  key={series[index]!.title}
                  class={`fill-${series[index]!.fill ?? index}`}
                  x={slot * slotWidth + (slotWidth - barWidth) / 2}
                  y={y}
                  width={barWidth}
                  height={tall}
                />
              ))}
            </g>
          ))}
        </svg>
        <div class="axis quiet" aria-hidden="true">
          {marks.map((index) => (
            <span key={index}>{labels[index]}</span>
          ))}
        </div>
      </div>
      <details>
        <summary>{say('plot.table')}</summary>
        <Table
          label={title}
          rows={labels.map((label, index) => ({ label, index }))}
          rowKey={({ label }) => label}
          columns={[
            { title: say('plot.when'), cell: ({ label }) => label },
            ...series.map((one) => ({
              title: one.title,
              cell: ({ index }: { readonly index: number }) => number(one.values[index] ?? 0),
              right: true,
            })),
          ]}
        />
      </details>
    </figure>
  );
}

function stacked(series: readonly Series[], slot: number, most: number): { y: number; tall: number }[] {
  let top = height;
  return series.map(({ values }) => {
    const tall = ((values[slot] ?? 0) / most) * height;
    top -= tall;
    return { y: top, tall };
  });
}
