import { csvHead, csvLine } from '../audit/audit-csv.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Output } from './admin-api.ts';
import type { AuditCheckView, AuditEntryView } from './views/access-views.ts';

/** Who did what. */
export interface AuditAdmin {
  /** Newest first; `before` is the number of an entry, 0 for the newest. */
  auditLog(query: { text: string; before: number; limit: number }): Promise<readonly AuditEntryView[]>;
  auditCheck(): Promise<AuditCheckView>;
  /** CSV (RFC 4180), newest first. */
  auditExport(query: { text: string }, output: Output): Promise<{ readonly entries: number }>;
}

/** Entries of one answer. */
export const auditPage = 500;

export function auditAdmin(log: AuditLog): AuditAdmin {
  return {
    auditLog: async ({ text, before, limit }) => {
      const entries = await log.search({ text, before, limit: Math.min(Math.max(1, limit), auditPage) });
      return entries.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() }));
    },
    auditCheck: () => log.check(),
    auditExport: async ({ text }, output) => {
      await output(Buffer.from(csvHead));
      let count = 0;
      for (let before = 0; ; ) {
        const entries = await log.search({ text, before, limit: auditPage });
        if (entries.length === 0) return { entries: count };
        await output(Buffer.from(entries.map(csvLine).join('')));
        count += entries.length;
        before = entries.at(-1)!.n;
      }
    },
  };
}
