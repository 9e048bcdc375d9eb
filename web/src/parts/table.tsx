import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right. */
  readonly right?: boolean;
}

/** Rows of the same kind. On a phone each row is a card whose cells carry their titles. */
export function Table<Row>(props: {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
}) {
  return (
    // What scrolls sideways must be reached by keys.
    // biome-ignore-start lint/a11y: see above.
    <div class="table card" role="group" aria-label={props.label} tabIndex={0}>
      {/* biome-ignore-end lint/a11y: only that */}
      <table aria-label={props.label}>
        <thead>
          <tr>
            {props.columns.map(({ title, right }) => (
              <th key={title} scope="col" class={right ? 'right' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {props.columns.map(({ title, cell, right }) => (
                <td key={title} data-title={title} class={right ? 'right' : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
