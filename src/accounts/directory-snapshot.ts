/**
 * What routing knows of people, domains and aliases, at one moment. Pure look-ups in memory; a new snapshot is made
 * when the directory changes. Addresses are asked for in any case and either form of the domain (`xn--…` or Unicode);
 * answers are lower case and Unicode.
 */
export interface DirectorySnapshot {
  /** Completes names without a domain; undefined while the box has no domain. */
  readonly defaultDomain: string | undefined;
  /** Mailboxes of this domain are here. */
  isLocalDomain(domain: string): boolean;
  account(address: string): AccountInfo | undefined;
  /**
   * The targets of an alias: of the address itself, else of its `@domain` entry, unless a person has the address.
   * A target `@other` of a `@domain` entry comes out with the local part asked for.
   */
  alias(address: string): readonly string[] | undefined;
}

export interface AccountInfo {
  /** Full address, lower case; the account's id everywhere. */
  readonly address: string;
  readonly fullName: string;
  /** May send faxes. */
  readonly fax: boolean;
  readonly disabled: boolean;
  /** Octets that the mailbox may have, 0 for any number; undefined for what the settings say of everybody. */
  readonly quotaBytes?: number | undefined;
  /** Where else the mail goes. */
  readonly forward?: Forward;
}

/** Mail of a person that goes to other addresses, too, or only there. */
export interface Forward {
  readonly to: readonly string[];
  /** Whether the own mailbox gets it as well. */
  readonly keep: boolean;
}
