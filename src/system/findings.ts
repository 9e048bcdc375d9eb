import type { Health, Space } from './health.ts';
import type { CertificateInfo } from './tls.ts';

/** What is wrong with a box, in sentences. The judgements are pure; `doctor.ts` gathers what they judge. */
export interface Finding {
  readonly id: string;
  /** `note` can wait, `wrong` keeps something from working. */
  readonly level: 'ok' | 'note' | 'wrong';
  readonly sentence: string;
  /** What to do; empty when there is nothing to do. */
  readonly advice: string;
}

const dayMs = 24 * 60 * 60_000;
/** No box is older than the program: an earlier time means that the clock was never set. */
const oldestNow = Date.UTC(2026, 0, 1);
const hotCelsius = 80;
const leastMemory = 64 * 1024 * 1024;
/** Before 9.50 Ghostscript let documents read any file. */
const oldestGhostscript = 9.5;

function found(id: string, level: Finding['level'], sentence: string, advice = ''): Finding {
  return { id, level, sentence, advice };
}

export function judgeDisk({ free, total }: Space, minFree: number): Finding {
  const sentence = `${bytes(free)} of ${bytes(total)} are free on the disk.`;
  if (free < minFree)
    return found(
      'disk',
      'wrong',
      `${sentence} No mail is taken below ${bytes(minFree)}.`,
      'Delete mail or use a larger disk.',
    );
  if (free < minFree * 3)
    return found('disk', 'note', `${sentence} It is nearly full.`, 'Delete mail or use a larger disk soon.');
  return found('disk', 'ok', sentence);
}

export function judgeClock(now: number): Finding {
  const shown = `${new Date(now).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (now >= oldestNow) return found('clock', 'ok', `The clock says ${shown}.`);
  return found(
    'clock',
    'wrong',
    `The clock says ${shown}, which cannot be.`,
    'Set it, or let the box reach a time server: mail would carry wrong dates, and certificates seem invalid.',
  );
}

export function judgeCertificate(info: CertificateInfo, name: string, now: number): Finding {
  const id = 'certificate';
  const renew = 'Give the box a new one: caselli system certificate set FILE';
  if (info.problem) return found(id, 'wrong', `The box uses a certificate of its own: ${info.problem}.`, renew);
  if (now >= info.validUntil) return found(id, 'wrong', `The certificate ended on ${day(info.validUntil)}.`, renew);
  if (now < info.validFrom)
    return found(id, 'wrong', `The certificate begins on ${day(info.validFrom)}.`, 'Check the clock of the box.');
  if (info.source === 'own')
    return found(
      id,
      'note',
      `The certificate is signed by the box itself, good until ${day(info.validUntil)}: programs ask whether to trust it, unless they know the authority of the box.`,
      'Install that authority on each computer (/ca.crt of the panel), or switch ACME on.',
    );
  if (!info.names.some((one) => covers(one, name)))
    return found(id, 'note', `The certificate is for ${info.names.join(', ')}, not for ${name}.`, renew);
  const days = Math.floor((info.validUntil - now) / dayMs);
  if (days < 14) return found(id, 'note', `The certificate ends in ${days} days, on ${day(info.validUntil)}.`, renew);
  return found(id, 'ok', `The certificate is good until ${day(info.validUntil)}.`);
}

/** A name of a certificate, which may begin with `*.` (RFC 9525 §6.3). */
function covers(pattern: string, name: string): boolean {
  const [given, wanted] = [pattern.toLowerCase(), name.toLowerCase()];
  return given === wanted || (given.startsWith('*.') && given.slice(1) === wanted.slice(wanted.indexOf('.')));
}

/** @param version what `gs --version` said; undefined when there is none. */
export function judgeGhostscript(version: string | undefined): Finding {
  const advice = 'Install it: apt-get install ghostscript';
  if (version === undefined)
    return found('ghostscript', 'wrong', 'Ghostscript is not there: PDF and PostScript cannot be faxed.', advice);
  if (!(Number.parseFloat(version) >= oldestGhostscript))
    return found(
      'ghostscript',
      'wrong',
      `Ghostscript ${version} is too old to be safe with documents of strangers.`,
      advice,
    );
  return found('ghostscript', 'ok', `Ghostscript ${version} is there.`);
}

export function judgeFonts(missing: readonly string[]): Finding {
  if (missing.length === 0) return found('fonts', 'ok', 'The fonts for fax pages are there.');
  return found(
    'fonts',
    'wrong',
    `The font ${missing[0]} is not there: text cannot be faxed.`,
    'Install it: apt-get install fonts-dejavu-core',
  );
}

export function judgeMemory({ total, available, ours }: Health['memory']): Finding {
  const sentence = `${bytes(available)} of ${bytes(total)} of memory are free; this program uses ${bytes(ours)}.`;
  if (available >= leastMemory) return found('memory', 'ok', sentence);
  return found('memory', 'note', sentence, 'Stop other programs, or convert one document at a time.');
}

export function judgeTemperature(celsius: number | undefined): Finding {
  if (celsius === undefined) return found('temperature', 'ok', 'This machine tells no temperature.');
  if (celsius < hotCelsius) return found('temperature', 'ok', `The processor has ${Math.round(celsius)} °C.`);
  return found('temperature', 'note', `The processor has ${Math.round(celsius)} °C.`, 'Give the box air.');
}

export interface PortState {
  /** `smtp.submission` */
  readonly setting: string;
  readonly address: string;
  readonly port: number;
  /** Node's code of the error, such as EADDRINUSE; undefined when all is well. */
  readonly error: string | undefined;
}

export function judgePort({ setting, address, port, error }: PortState, running: boolean): Finding {
  const id = `port.${setting}`;
  const where = `Port ${port} on ${address} (${setting})`;
  if (error === undefined) return found(id, 'ok', running ? `${where} answers.` : `${where} is free.`);
  if (running)
    return found(id, 'wrong', `${where} does not answer: ${error}.`, 'Look into the log, or restart the box.');
  const change = `Stop what uses it, or change ${setting}.port.`;
  if (error === 'EADDRINUSE') return found(id, 'wrong', `${where} is used by another program.`, change);
  if (error === 'EACCES')
    return found(id, 'wrong', `${where} may not be opened by this user.`, 'Run as root, or use a port above 1023.');
  if (error === 'EADDRNOTAVAIL')
    return found(
      id,
      'wrong',
      `${where} cannot be opened: this machine has no such address.`,
      `Change ${setting}.address.`,
    );
  return found(id, 'wrong', `${where} cannot be opened: ${error}.`, change);
}

function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.max(count, 1)) / 10), 0), units.length - 1);
  const value = count / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
