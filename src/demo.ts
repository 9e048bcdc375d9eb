import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Directory } from './accounts/directory.ts';
import { generatePassword } from './accounts/password.ts';
import type { Config, ConfigDocument } from './config/schema.ts';
import { writeDurable } from './lib/durable.ts';

/** The demo office: what `npm start` makes at its first run. */

export const demoDomain = 'office.test';
const people = [
  { address: `alice@${demoDomain}`, fullName: 'Alice Office' },
  { address: `bob@${demoDomain}`, fullName: 'Bob Office' },
] as const;

/** The configuration of the demo; what is not said is a default. */
export function demoConfig(line: string, speedFactor: number): ConfigDocument {
  return {
    name: `box.${demoDomain}`,
    postmaster: people[0].address,
    fax: {
      lines: [{ id: 'line1', port: linePort(line), number: line }],
      deliverTo: [people[0].address],
      organisation: 'The demo office',
    },
    exchange: { enabled: true, speedFactor },
  };
}

/** Who gets the faxes that come in on the line of the demo. */
export function faxReaders({ lines, deliverTo }: Config['fax'], line: string): readonly string[] {
  const own = lines.find(({ port }) => port === linePort(line))?.deliverTo ?? [];
  return own.length > 0 ? own : deliverTo;
}

function linePort(line: string): string {
  return `exchange:${line}`;
}

export interface DemoAccount {
  readonly address: string;
  readonly password: string;
}

/**
 * Makes the people of the demo that are not there yet and keeps their passwords in `demo.json` (mode 0600), so that they
 * can be shown at each start. A password that was changed since is not known and not shown.
 */
export async function makeDemoOffice(directory: Directory, file: string): Promise<readonly DemoAccount[]> {
  const known = await readKnown(file);
  if (!directory.listDomains().includes(demoDomain)) await directory.addDomain(demoDomain);
  const there = new Set(directory.listPeople().map(({ address }) => address));
  const accounts: DemoAccount[] = [];
  for (const { address, fullName } of people) {
    const kept = known.find((one) => one.address === address);
    if (there.has(address)) {
      if (kept) accounts.push(kept);
      continue;
    }
    // Written down first: a crash in between leaves a password that is then used.
    const password = kept?.password ?? generatePassword(randomBytes);
    accounts.push({ address, password });
    await writeDurable(file, `${JSON.stringify({ accounts: mergeAccounts(known, accounts) }, null, 2)}\n`);
    await directory.addPerson({ address, fullName, password });
  }
  return accounts;
}

function mergeAccounts(known: readonly DemoAccount[], made: readonly DemoAccount[]): DemoAccount[] {
  return [...known.filter(({ address }) => !made.some((one) => one.address === address)), ...made];
}

async function readKnown(file: string): Promise<readonly DemoAccount[]> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { accounts: DemoAccount[] }).accounts;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
