/** What a line from the modem means. Both classes' names are known at all times; values stay text. */
export type Reply =
  | { readonly kind: 'final'; readonly final: Final }
  /** +FCON, +FCO: a fax machine is there. */
  | { readonly kind: 'connected' }
  /** +FCSI, +FTSI, +FCI, +FTI: identification of the far side, without padding. */
  | { readonly kind: 'station'; readonly id: string }
  /** +FDIS, +FIS: what the far side can do. */
  | { readonly kind: 'capabilities'; readonly vector: string }
  /** +FDCS, +FCS: what was agreed on. */
  | { readonly kind: 'agreed'; readonly vector: string }
  /** +FPTS, +FPS: 1 MCF, 2 RTN, 3 RTP, 4 PIN, 5 PIP, 0 partly bad. */
  | { readonly kind: 'page-status'; readonly status: number }
  /** +FET: 0 MPS, 1 EOM, 2 EOP. */
  | { readonly kind: 'post-page'; readonly message: number }
  /** +FHNG decimal, +FHS hexadecimal; as the modem wrote it. */
  | { readonly kind: 'hang-up'; readonly code: string }
  | { readonly kind: 'voice' }
  | { readonly kind: 'ring' }
  | { readonly kind: 'caller'; readonly field: 'number' | 'name' | 'called'; readonly value: string }
  | { readonly kind: 'info'; readonly text: string };

export type Final =
  | 'ok'
  | 'error'
  | 'connect'
  | 'no-carrier'
  | 'busy'
  | 'no-dial-tone'
  | 'no-answer'
  | 'refused'
  | 'voice';

const finals: readonly (readonly [RegExp, Final])[] = [
  [/^OK$/, 'ok'],
  [/^(ERROR|\+CM[ES] ERROR.*)$/, 'error'],
  [/^CONNECT\b/, 'connect'],
  [/^NO CARRIER$/, 'no-carrier'],
  [/^BUSY$/, 'busy'],
  [/^NO DIAL ?TONE$/, 'no-dial-tone'],
  [/^NO ANSWER$/, 'no-answer'],
  [/^(BLACKLISTED|DELAYED|DIALING DISABLED)\b/, 'refused'],
  [/^VCON$/, 'voice'],
];

/** Reports of class 2 (SP-2388-A) and of class 2.0 (T.32 §8.4), by name. */
const reports: Record<string, (value: string) => Reply> = {
  FCON: () => ({ kind: 'connected' }),
  FCSI: station,
  FTSI: station,
  FDIS: (vector) => ({ kind: 'capabilities', vector }),
  FDCS: (vector) => ({ kind: 'agreed', vector }),
  FPTS: pageStatus,
  FET: (value) => ({ kind: 'post-page', message: Number.parseInt(value, 16) }),
  FHNG: hangUp,
  FVOICE: () => ({ kind: 'voice' }),
};
const class20Names: Record<string, string> = {
  FCO: 'FCON',
  FCI: 'FCSI',
  FTI: 'FTSI',
  FIS: 'FDIS',
  FCS: 'FDCS',
  FPS: 'FPTS',
  FHS: 'FHNG',
  FVO: 'FVOICE',
};

/** Caller id (V.253 +VCID and the many dialects before it). `P` and `O` stand for private and unavailable. */
const callerFields: readonly (readonly [RegExp, 'number' | 'name' | 'called'])[] = [
  [/^(?:DDN_)?NMBR ?= ?(.*)$/, 'number'],
  [/^(?:NBR ?=|CALLER(?:'S)? NUMBER:|CallerID:|\+CLIP:|FM:) ?(.*)$/i, 'number'],
  [/^NAME ?= ?(.*)$/, 'name'],
  [/^NDID ?= ?(.*)$/, 'called'],
];

/** `RING`, `RING 1`, `RING A`, `RING;from;to`, `RING/to`, `RING: 1 …`; not `RINGING`, the ringback tone. */
const ring = /^RING(?:$|[ ;/:])/;

export function parseReply(line: string): Reply {
  for (const [pattern, final] of finals) if (pattern.test(line)) return { kind: 'final', final };
  if (ring.test(line)) return { kind: 'ring' };
  const report = /^\+([A-Z]+)(?:: ?|$)(.*)$/.exec(line);
  if (report) {
    const name = class20Names[report[1]!] ?? report[1]!;
    const read = Object.hasOwn(reports, name) ? reports[name] : undefined;
    if (read) return read(report[2]!);
  }
  for (const [pattern, field] of callerFields) {
    const found = pattern.exec(line);
    if (found) return { kind: 'caller', field, value: callerValue(found[1]!) };
  }
  return { kind: 'info', text: line };
}

function station(value: string): Reply {
  return { kind: 'station', id: value.replace(/^"|"$/g, '').trim().slice(0, 20) };
}

function pageStatus(value: string): Reply {
  return { kind: 'page-status', status: Number.parseInt(value, 16) };
}

function hangUp(value: string): Reply {
  return { kind: 'hang-up', code: value.trim().slice(0, 8) };
}

function callerValue(value: string): string {
  const text = value.replaceAll('"', '').split(',')[0]!.trim().slice(0, 40);
  return /^[PO]$/.test(text) ? '' : text;
}
