/** An answer of another host: reply code, enhanced status code (RFC 3463), text on one line. */
export interface Reply {
  readonly code: number;
  readonly status: string;
  readonly text: string;
}

/** The command that was answered. */
export type Stage = 'connect' | 'mail' | 'rcpt' | 'data';

const maxTextCharacters = 1000;

/** Reads a reply, many lines or one. The status is what the host gave, or what its code means at this stage. */
export function readReply(raw: string, stage: Stage): Reply {
  const text = raw
    .split(/\r?\n/)
    .map((line, index) => (index === 0 ? line : line.replace(/^\d{3}[ -](?:[245]\.\d{1,3}\.\d{1,3}\s+)?/, '')))
    .join(' ')
    .slice(0, maxTextCharacters)
    .trim();
  const code = Number(/^\d{3}/.exec(text)?.[0] ?? 0);
  const given = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1];
  const status = given !== undefined && given[0] === String(code)[0] ? given : meaning(code, stage);
  return { code, status, text };
}

function meaning(code: number, stage: Stage): string {
  const known = stage === 'rcpt' ? (rcptCodes[code] ?? codes[code]) : codes[code];
  return known ?? `${Math.floor(code / 100)}.0.0`;
}

/** Codes of RFC 5321 §4.2.3, RFC 4954 and RFC 7504. */
const codes: Readonly<Record<number, string>> = {
  421: '4.3.2',
  450: '4.2.0',
  451: '4.3.0',
  452: '4.3.1',
  454: '4.7.0',
  521: '5.3.2',
  530: '5.7.0',
  535: '5.7.8',
  552: '5.3.4',
  555: '5.5.4',
  556: '5.1.10',
};

const rcptCodes: Readonly<Record<number, string>> = {
  450: '4.2.1',
  452: '4.2.2',
  550: '5.1.1',
  551: '5.1.6',
  552: '5.2.2',
  553: '5.1.3',
};
