import { escapeMarkup } from '../lib/markup.ts';
import { dayText } from './local-day.ts';
import type { LineSums, Summary, Sums, Top } from './summary.ts';

/** A summary as a letter: plain text, and HTML with bars that are cells of tables, which every mail program shows. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

type Cell = string | number;

interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

interface Listing {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** @param name of the box */
export function summaryLetter(summary: Summary, name: string): Letter {
  const title = `Mail and faxes ${spanText(summary)}`;
  const figures = figuresOf(summary);
  const charts = chartsOf(summary).filter(({ bars }) => bars.some(({ value }) => value > 0));
  const listings = listingsOf(summary).filter(({ rows }) => rows.length > 0);
  return {
    subject: `${name}: ${headline(summary)} ${spanText(summary)}`,
    text: asText(title, figures, charts, listings),
    html: asHtml(title, name, figures, charts, listings),
  };
}

/** `on 2026-11-23`, `from 2026-11-16 to 2026-11-22`. */
export function spanText({ from, until }: Pick<Summary, 'from' | 'until'>): string {
  return from === until ? `on ${dayText(from)}` : `from ${dayText(from)} to ${dayText(until)}`;
}

function headline({ totals }: Summary): string {
  const parts = [`${totals.mailIn} in`, `${totals.mailOut} out`];
  const faxes = totals.faxIn + totals.faxOut;
  if (faxes > 0) parts.push(`${faxes} ${faxes === 1 ? 'fax' : 'faxes'}`);
  const failed = totals.mailFailed + totals.faxFailed;
  if (failed > 0) parts.push(`${failed} failed`);
  return parts.join(', ');
}

function figuresOf({ totals, before, period }: Summary): Listing {
  const row = (title: string, value: (sums: Sums) => Cell): Cell[] => [title, value(totals), value(before)];
  const pages = (count: number, sheets: number): string => `${count} (${sheets} ${sheets === 1 ? 'page' : 'pages'})`;
  return {
    title: 'In figures',
    head: ['', `This ${period}`, `The ${period} before`],
    rows: [
      row('Mail into mailboxes', ({ mailIn }) => mailIn),
      row('Mail to other hosts', ({ mailOut }) => mailOut),
      row('Mail refused at the door', ({ mailRefused }) => mailRefused),
      row('Mail that was late', ({ mailDeferred }) => mailDeferred),
      row('Mail that failed', ({ mailFailed }) => mailFailed),
      row('Volume taken', ({ bytes }) => volume(bytes)),
      row('Faxes received', ({ faxIn, pagesIn }) => pages(faxIn, pagesIn)),
      row('Faxes sent', ({ faxOut, pagesOut }) => pages(faxOut, pagesOut)),
      row('Faxes that failed', ({ faxFailed }) => faxFailed),
      row('Logins', ({ logins }) => logins),
      row('Logins refused', ({ loginsRefused }) => loginsRefused),
    ],
  };
}

function chartsOf({ period, slots, hours }: Summary): Chart[] {
  const spread = { day: 'by hour', week: 'by day', month: 'by day', year: 'by month' }[period];
  const chart = (title: string, unit: string, value: (sums: Sums) => number): Chart => ({
    title,
    unit,
    bars: slots.map(({ label, sums }) => ({ label: period === 'day' ? `${label}:00` : label, value: value(sums) })),
  });
  const mail = (sums: Sums): number => sums.mailIn + sums.mailOut;
  return [
    chart(`Mail ${spread}`, 'messages', mail),
    chart(`Fax pages ${spread}`, 'pages', ({ pagesIn, pagesOut }) => pagesIn + pagesOut),
    ...(period === 'day'
      ? []
      : [
          {
            title: 'Mail by hour of the day',
            unit: 'messages',
            bars: hours.map((sums, hour) => ({ label: `${String(hour).padStart(2, '0')}:00`, value: mail(sums) })),
          },
        ]),
  ];
}

function listingsOf({ tops, lines }: Summary): Listing[] {
  const named = (title: string, head: string, rows: readonly Top[]): Listing => ({
    title,
    head: [head, 'Count'],
    rows: rows.map(({ name, count }) => [name, count]),
  });
  const reasons = (title: string, rows: readonly Top[]): Listing => ({
    title,
    head: ['Reason', 'Code', 'Count'],
    // `mail 5.1.1`: the code alone.
    rows: rows.map(({ name, text, count }) => [text, name.split(' ')[1] ?? '', count]),
  });
  return [
    { ...named('Most mail from', 'Sender', []), head: ['Sender', 'Count', 'Volume'], rows: tops.sender.map(senderRow) },
    named('Most mail to', 'Recipient', tops.recipient),
    named('Other hosts', 'Host', tops.host),
    named('Hosts with trouble', 'Host', tops['trouble-host']),
    reasons('Why mail and faxes were late', tops.deferred),
    reasons('Why mail and faxes failed', tops.failed),
    reasons('Why mail was refused at the door', tops.refused),
    named('Refused most often', 'Address', tops['refused-client']),
    {
      ...named('Most mail handed in by', 'Address', []),
      head: ['Address', 'Count', 'Volume'],
      rows: tops.client.map(senderRow),
    },
    named('Logins', 'Who, and how', tops.login),
    named('Logins refused', 'Address', tops['login-refused']),
    {
      title: 'Fax lines',
      head: ['Line', 'Calls', 'Not completed', 'Pages', 'Minutes'],
      rows: lines.map(lineRow),
    },
  ];
}

function senderRow({ name, count, sizeBytes }: Top): Cell[] {
  return [name, count, volume(sizeBytes)];
}

function lineRow({ line, direction, calls, failed, pages, durationMs }: LineSums): Cell[] {
  return [
    `${line}, ${direction === 'in' ? 'received' : 'sent'}`,
    calls,
    failed,
    pages,
    Math.round(durationMs / 60_000),
  ];
}

export function volume(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  const [value, unit] = bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

// Plain text

const barWidth = 40;

function asText(title: string, figures: Listing, charts: readonly Chart[], listings: readonly Listing[]): string {
  const parts = [
    `${title}\n${'='.repeat(title.length)}\n`,
    textTable(figures),
    ...charts.map(textChart),
    ...listings.map(textTable),
  ];
  return `${parts.join('\n')}\n`;
}

function textTable({ title, head, rows }: Listing): string {
  const all = [head, ...rows].map((row) => row.map(plain));
  const widths = head.map((_, column) => Math.min(Math.max(...all.map((row) => row[column]!.length)), 60));
  const lines = all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return `${title}\n${'-'.repeat(title.length)}\n${lines.filter((line) => line !== '').join('\n')}\n`;
}

function textChart({ title, unit, bars }: Chart): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const lines = bars.map(({ label, value }) => {
    const bar = '#'.repeat(Math.ceil((value / most) * barWidth));
    return `${label.padEnd(10)}  ${bar}${bar ? ' ' : ''}${value}`;
  });
  return `${title} (${unit})\n${'-'.repeat(title.length)}\n${lines.join('\n')}\n`;
}

/** Names come from outside. */
function plain(cell: Cell): string {
  return String(cell).replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}

// HTML as mail programs show it: tables and attributes, no style sheet, no pictures

function asHtml(
  title: string,
  name: string,
  figures: Listing,
  charts: readonly Chart[],
  listings: readonly Listing[],
): string {
  const parts = [htmlTable(figures), ...charts.map(htmlChart), ...listings.map(htmlTable)];
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title></head>
<body bgcolor="#ffffff" text="#1c2321"><font face="sans-serif">
<h1>${escaped(title)}</h1>
<p>${escaped(name)}</p>
${parts.join('\n')}
</font></body></html>
`;
}

function htmlTable({ title, head, rows }: Listing): string {
  const headCells = head.map((cell, column) => `<th align="${column === 0 ? 'left' : 'right'}">${escaped(cell)}</th>`);
  const bodyRows = rows.map(
    (row) =>
      `<tr>${row.map((cell, column) => `<td align="${column === 0 ? 'left' : 'right'}">${escaped(cell)}</td>`).join('')}</tr>`,
  );
  return `<h2>${escaped(title)}</h2>
<table cellpadding="4" cellspacing="0" border="0"><tr>${headCells.join('')}</tr>
${bodyRows.join('\n')}
</table>`;
}

/** Pixels of the longest bar: it stands beside its label on a phone. */
const htmlBarWidth = 200;

function htmlChart({ title, unit, bars }: Chart): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value }) => {
    const width = Math.ceil((value / most) * htmlBarWidth);
    const bar = width === 0 ? '' : `<td bgcolor="#175e54" width="${width}" height="12"></td>`;
    return `<tr><td>${escaped(label)}</td><td><table cellpadding="0" cellspacing="0" border="0"><tr>${bar}<td>&nbsp;${value}</td></tr></table></td></tr>`;
  });
  return `<h2>${escaped(title)}</h2>
<table cellpadding="2" cellspacing="0" border="0"><tr><th align="left">&nbsp;</th><th align="left">${escaped(unit)}</th></tr>
${rows.join('\n')}
</table>`;
}

function escaped(cell: Cell): string {
  return escapeMarkup(plain(cell));
}
