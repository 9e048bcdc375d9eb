import type { AuditEntry } from './audit-entry.ts';

const columns = ['n', 'time', 'who', 'from', 'through', 'what', 'about', 'details', 'failed'] as const;

export const csvHead = `${columns.join(',')}\r\n`;

/** One line of RFC 4180. */
export function csvLine({ n, at, account, remote, via, action, subject, details, failed }: AuditEntry): string {
  const cells = [
    String(n),
    new Date(at).toISOString(),
    account,
    remote,
    via,
    action,
    subject,
    details.join('; '),
    failed,
  ];
  return `${cells.map(cell).join(',')}\r\n`;
}

/** A spreadsheet would take these as a formula, and the text comes from whoever tried to log in. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
