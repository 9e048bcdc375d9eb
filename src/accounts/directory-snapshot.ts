/**
 * What routing knows of people, domains and aliases, at one moment. Pure look-ups in memory; a new snapshot is made
 * when the directory changes. All addresses are lower case.
 */
export interface DirectorySnapshot {
  /** Mailboxes of this domain are here. */
  isLocalDomain(domain: string): boolean;
  account(address: string): AccountInfo | undefined;
  /** The targets of an alias: of the address itself, else of its `@domain` entry. */
  alias(address: string): readonly string[] | undefined;
}

export interface AccountInfo {
  /** Full address, lower case; the account's id everywhere. */
  readonly address: string;
  readonly fullName: string;
  /** May send faxes. */
  readonly fax: boolean;
  readonly disabled: boolean;
}
