import type { EventBus } from '../lib/events.ts';
import type { Database, SqliteWriter, Statement } from '../lib/sqlite.ts';
import { splitAddress } from '../mail/address.ts';
import { AddressBook, bookTables } from './address-book.ts';
import { addressProblem, canonicalAddress, canonicalDomain, domainProblem } from './address-rules.ts';
import { aliasProblem } from './alias-rules.ts';
import { DirectoryError } from './directory-error.ts';
import type { AccountInfo, DirectorySnapshot, Forward } from './directory-snapshot.ts';
import { forwardProblem } from './forward-rules.ts';
import { checkNewPassword, hashPassword, type ScryptCost, usualCost } from './password.ts';
import { type DirectoryContent, makeSnapshot } from './snapshot.ts';

const migrations = [
  `CREATE TABLE domains (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
   CREATE TABLE people (
     address TEXT PRIMARY KEY,
     full_name TEXT NOT NULL,
     password TEXT NOT NULL,
     fax INTEGER NOT NULL CHECK (fax IN (0, 1)),
     disabled INTEGER NOT NULL CHECK (disabled IN (0, 1))
   ) STRICT;
   CREATE TABLE aliases (
     name TEXT NOT NULL,
     position INTEGER NOT NULL,
     target TEXT NOT NULL,
     PRIMARY KEY (name, position)
   ) STRICT, WITHOUT ROWID`,
  'ALTER TABLE people ADD COLUMN quota INTEGER CHECK (quota >= 0)',
  `ALTER TABLE people ADD COLUMN forward TEXT;
   ALTER TABLE people ADD COLUMN second_factors TEXT`,
  bookTables,
];

/** What of a person may be changed. */
export interface PersonChange {
  readonly fullName?: string;
  readonly fax?: boolean;
  readonly disabled?: boolean;
  /** Octets that the mailbox may have, 0 for any number; null for what the settings say of everybody. */
  readonly quotaBytes?: number | null;
}

export interface NewPerson extends PersonChange {
  /** A name without domain gets the default one. */
  readonly address: string;
  readonly password: string;
}

export interface Alias {
  /** An address, or `@domain` for all of a domain that have neither person nor alias. */
  readonly name: string;
  readonly targets: readonly string[];
}

export interface Credentials {
  readonly account: AccountInfo;
  /** PHC string; of no use to anybody but `verifyPassword`. */
  readonly hash: string;
}

const longestFullName = 200;

/**
 * People, domains and aliases in `directory.db`: their only owner. Changes run one after the other and are on stable
 * storage when they resolve; then the next snapshot is in force and listeners have been told.
 * Every change throws DirectoryError when it cannot be made.
 */
export class Directory {
  readonly #db: Database;
  readonly #events: EventBus;
  readonly #cost: ScryptCost;
  readonly #listeners = new Set<(snapshot: DirectorySnapshot) => void>();
  /** Fax numbers and addresses of others; what happens in it changes no routes. */
  readonly book: AddressBook;
  #snapshot: DirectorySnapshot;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(db: Database, events: EventBus, cost: ScryptCost) {
    this.#db = db;
    this.#events = events;
    this.#cost = cost;
    this.#snapshot = makeSnapshot(this.#read());
    this.book = new AddressBook(db);
  }

  /** @throws DatabaseError when `path` is no database. */
  static async open(
    writer: SqliteWriter,
    path: string,
    options: { readonly events: EventBus; readonly cost?: ScryptCost },
  ): Promise<Directory> {
    return new Directory(await writer.open(path, migrations), options.events, options.cost ?? usualCost);
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#db.close();
  }

  /** The directory as it is now; frozen, and the same object until something changes. */
  snapshot(): DirectorySnapshot {
    return this.#snapshot;
  }

  /** Tells of every change, after it is durable. Returns the way to stop. */
  onChange(listener: (snapshot: DirectorySnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // People

  listPeople(): AccountInfo[] {
    return this.#db.all<PersonRow>('SELECT * FROM people ORDER BY address').map(accountOf);
  }

  /** For checking a password; `address` is complete and canonical. */
  credentials(address: string): Credentials | undefined {
    const row = this.#db.get<PersonRow>('SELECT * FROM people WHERE address = ?', address);
    return row && { account: accountOf(row), hash: row.password };
  }

  /** What somebody has beside the password, as `second-factors/` writes it. */
  secondFactors(address: string): string | undefined {
    const row = this.#db.get<PersonRow>('SELECT * FROM people WHERE address = ?', address);
    return row?.second_factors ?? undefined;
  }

  allSecondFactors(): (readonly [address: string, factors: string])[] {
    const rows = this.#db.all<PersonRow>('SELECT * FROM people WHERE second_factors IS NOT NULL');
    return rows.map((row) => [row.address, row.second_factors ?? ''] as const);
  }

  setSecondFactors(name: string, factors: string | undefined): Promise<void> {
    return this.#change(async () => {
      const { address } = this.#person(name);
      await this.#write([
        {
          sql: 'UPDATE people SET second_factors = ? WHERE address = ?',
          params: [factors ?? null, address],
          changes: 1,
        },
      ]);
    });
  }

  /** Where else the mail of a person goes; no addresses: nowhere else. */
  setForward(name: string, given: Forward): Promise<AccountInfo> {
    return this.#change(async () => {
      const person = this.#person(name);
      const to = [...new Set(given.to.map((target) => this.complete(target)))];
      const problem = forwardProblem(person.address, to);
      if (problem) throw new DirectoryError('invalid', problem);
      const forward = to.length === 0 ? null : JSON.stringify({ to, keep: given.keep });
      await this.#write([
        { sql: 'UPDATE people SET forward = ? WHERE address = ?', params: [forward, person.address], changes: 1 },
      ]);
      this.#events.emit('account.changed', { account: person.address });
      return this.#person(person.address);
    });
  }

  /** The form under which a login name or address is kept: canonical, with a domain. */
  complete(name: string): string {
    const plain = canonicalAddress(name.trim());
    return plain.includes('@') || !this.#snapshot.defaultDomain ? plain : `${plain}@${this.#snapshot.defaultDomain}`;
  }

  addPerson(person: NewPerson): Promise<AccountInfo> {
    return this.#change(async () => {
      const address = this.complete(person.address);
      this.#requireNewName(address);
      checkNewPassword(person.password, address);
      const { fullName = '', fax = true, disabled = false } = person;
      checkFullName(fullName);
      const hash = await hashPassword(person.password, this.#cost);
      await this.#write([
        {
          sql: 'INSERT INTO people (address, full_name, password, fax, disabled) VALUES (?, ?, ?, ?, ?)',
          params: [address, fullName, hash, Number(fax), Number(disabled)],
        },
      ]);
      this.#events.emit('account.added', { account: address });
      return { address, fullName, fax, disabled };
    });
  }

  updatePerson(name: string, change: PersonChange): Promise<AccountInfo> {
    return this.#change(async () => {
      const { quotaBytes, ...others } = change;
      const before = this.#person(name);
      const quota = quotaBytes === undefined ? before.quotaBytes : (quotaBytes ?? undefined);
      const { quotaBytes: _, ...kept } = before;
      const person = { ...kept, ...definedOf(others), ...(quota !== undefined && { quotaBytes: quota }) };
      checkFullName(person.fullName);
      checkQuota(quota);
      await this.#write([
        {
          sql: 'UPDATE people SET full_name = ?, fax = ?, disabled = ?, quota = ? WHERE address = ?',
          params: [person.fullName, Number(person.fax), Number(person.disabled), quota ?? null, person.address],
          changes: 1,
        },
      ]);
      this.#events.emit('account.changed', { account: person.address });
      return person;
    });
  }

  setPassword(name: string, password: string): Promise<void> {
    return this.#change(async () => {
      const { address } = this.#person(name);
      checkNewPassword(password, address);
      const hash = await hashPassword(password, this.#cost);
      await this.#write([
        { sql: 'UPDATE people SET password = ? WHERE address = ?', params: [hash, address], changes: 1 },
      ]);
      this.#events.emit('account.password', { account: address });
    });
  }

  /** The mailbox stays: removing it is for whoever composes. Returns aliases that still lead to the address. */
  removePerson(name: string): Promise<{ readonly address: string; readonly aliases: readonly string[] }> {
    return this.#change(async () => {
      const { address } = this.#person(name);
      await this.#write([{ sql: 'DELETE FROM people WHERE address = ?', params: [address], changes: 1 }]);
      this.#events.emit('account.removed', { account: address });
      const rows = this.#db.all<{ name: string }>(
        'SELECT DISTINCT name FROM aliases WHERE target = ? ORDER BY name',
        address,
      );
      return { address, aliases: rows.map((row) => row.name) };
    });
  }

  // Aliases

  listAliases(): Alias[] {
    const rows = this.#db.all<{ name: string; target: string }>(
      'SELECT name, target FROM aliases ORDER BY name, position',
    );
    return [...Map.groupBy(rows, (row) => row.name)].map(([name, group]) => ({
      name,
      targets: group.map((row) => row.target),
    }));
  }

  /** An alias may have the name of a person and then comes before the mailbox, unless it names it as well. */
  addAlias(name: string, targets: readonly string[]): Promise<Alias> {
    return this.#change(() => this.#putAlias(name, targets, false));
  }

  /** Makes the alias, or gives it other targets. */
  setAlias(name: string, targets: readonly string[]): Promise<Alias> {
    return this.#change(() => this.#putAlias(name, targets, true));
  }

  removeAlias(name: string): Promise<void> {
    return this.#change(async () => {
      const alias = this.complete(name);
      if (!this.#hasAlias(alias)) throw new DirectoryError('missing', `there is no alias ${alias}`);
      await this.#write([{ sql: 'DELETE FROM aliases WHERE name = ?', params: [alias] }]);
    });
  }

  // Domains

  /** The default domain first. */
  listDomains(): string[] {
    return this.#db.all<{ name: string }>('SELECT name FROM domains ORDER BY position, name').map((row) => row.name);
  }

  /** The first domain becomes the default one. */
  addDomain(name: string): Promise<string> {
    return this.#change(async () => {
      const domain = canonicalDomain(name.trim());
      const problem = domainProblem(domain);
      if (problem) throw new DirectoryError('invalid', `${JSON.stringify(domain)} ${problem}`);
      if (this.#snapshot.isLocalDomain(domain))
        throw new DirectoryError('exists', `${domain} is a domain of this box already`);
      await this.#write([
        {
          sql: 'INSERT INTO domains SELECT ?, coalesce(max(position), 0) + 1 FROM domains',
          params: [domain],
        },
      ]);
      return domain;
    });
  }

  setDefaultDomain(name: string): Promise<void> {
    return this.#change(async () => {
      const domain = this.#localDomain(name);
      await this.#write([
        {
          sql: 'UPDATE domains SET position = (SELECT min(position) - 1 FROM domains) WHERE name = ?',
          params: [domain],
          changes: 1,
        },
      ]);
    });
  }

  /**
   * A domain that people or aliases are in is removed with `force` only, and they with it.
   * Returns what went; the mailboxes stay for whoever composes.
   */
  removeDomain(name: string, force = false): Promise<{ readonly people: string[]; readonly aliases: string[] }> {
    return this.#change(async () => {
      const domain = this.#localDomain(name);
      const inDomain = (address: string): boolean => splitAddress(address).domain === domain;
      const people = this.listPeople().flatMap(({ address }) => (inDomain(address) ? [address] : []));
      const aliases = this.listAliases().flatMap((alias) => (inDomain(alias.name) ? [alias.name] : []));
      if (!force && people.length + aliases.length > 0) {
        const inUse = `${people.length} people and ${aliases.length} aliases are in ${domain}`;
        throw new DirectoryError('exists', `${inUse}: remove them first, or force it`);
      }
      await this.#write([
        { sql: 'DELETE FROM domains WHERE name = ?', params: [domain], changes: 1 },
        ...people.map((address) => ({ sql: 'DELETE FROM people WHERE address = ?', params: [address] })),
        ...aliases.map((alias) => ({ sql: 'DELETE FROM aliases WHERE name = ?', params: [alias] })),
      ]);
      for (const account of people) this.#events.emit('account.removed', { account });
      return { people, aliases };
    });
  }

  // Helpers

  async #putAlias(given: string, givenTargets: readonly string[], replace: boolean): Promise<Alias> {
    const name = this.complete(given);
    const targets = [...new Set(givenTargets.map((target) => this.complete(target)))];
    const problem = aliasProblem(name, targets);
    if (problem) throw new DirectoryError('invalid', problem);
    this.#localDomain(splitAddress(name).domain);
    if (!replace && this.#hasAlias(name)) throw new DirectoryError('exists', `there is an alias ${name} already`);
    await this.#write([
      { sql: 'DELETE FROM aliases WHERE name = ?', params: [name] },
      ...targets.map((target, position) => ({
        sql: 'INSERT INTO aliases (name, position, target) VALUES (?, ?, ?)',
        params: [name, position, target],
      })),
    ]);
    return { name, targets };
  }

  #person(name: string): AccountInfo {
    const address = this.complete(name);
    const found = this.credentials(address);
    if (!found) throw new DirectoryError('missing', `there is nobody with the address ${address}`);
    return found.account;
  }

  #requireNewName(address: string): void {
    const problem = addressProblem(address);
    if (problem) throw new DirectoryError('invalid', `${JSON.stringify(address)} ${problem}`);
    this.#localDomain(splitAddress(address).domain);
    if (this.credentials(address)) throw new DirectoryError('exists', `there is somebody with the address ${address}`);
    if (this.#hasAlias(address))
      throw new DirectoryError(
        'exists',
        `there is an alias ${address}, which would take all the mail: remove it first`,
      );
  }

  #localDomain(name: string): string {
    const domain = canonicalDomain(name.trim());
    if (this.#snapshot.isLocalDomain(domain)) return domain;
    throw new DirectoryError('missing', `${domain} is not a domain of this box: add it first`);
  }

  #hasAlias(name: string): boolean {
    return this.#db.get('SELECT 1 FROM aliases WHERE name = ? LIMIT 1', name) !== undefined;
  }

  /** Changes see what the one before has left. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(statements: readonly Statement[]): Promise<void> {
    await this.#db.write(statements);
    this.#snapshot = makeSnapshot(this.#read());
    for (const listener of this.#listeners) {
      try {
        listener(this.#snapshot);
      } catch (error) {
        this.#events.emit('box.fault', { where: 'listener of the directory', error: String(error) });
      }
    }
  }

  #read(): DirectoryContent {
    return { people: this.listPeople(), domains: this.listDomains(), aliases: this.listAliases() };
  }
}

interface PersonRow {
  readonly address: string;
  readonly full_name: string;
  readonly password: string;
  readonly fax: number;
  readonly disabled: number;
  readonly quota: number | null;
  readonly forward: string | null;
  readonly second_factors: string | null;
}

function accountOf(row: PersonRow): AccountInfo {
  return Object.freeze({
    address: row.address,
    fullName: row.full_name,
    fax: row.fax === 1,
    disabled: row.disabled === 1,
    ...(row.quota !== null && { quotaBytes: row.quota }),
    ...(row.forward !== null && { forward: JSON.parse(row.forward) as Forward }),
  });
}

function checkFullName(fullName: string): void {
  if (fullName.length > longestFullName || /\p{Cc}/u.test(fullName))
    throw new DirectoryError('invalid', `the full name is longer than ${longestFullName} characters or not one line`);
}

function checkQuota(quotaBytes: number | undefined): void {
  if (quotaBytes !== undefined && (!Number.isSafeInteger(quotaBytes) || quotaBytes < 0))
    throw new DirectoryError('invalid', 'the quota is no number of octets');
}

function definedOf(change: Omit<PersonChange, 'quotaBytes'>): Omit<PersonChange, 'quotaBytes'> {
  return Object.fromEntries(
    (['fullName', 'fax', 'disabled'] as const).flatMap((name) =>
      change[name] === undefined ? [] : [[name, change[name]]],
    ),
  );
}
