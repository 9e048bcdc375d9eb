/** What a client may ask of one session, beside what the configuration limits. */
export const limits = {
  /** Octets of one command without its literals. */
  commandOctets: 64 * 1024,
  /** Octets of all literals of one command, except the message of APPEND. */
  literalOctets: 64 * 1024,
  /** Octets of a line that answers a continuation request (SASL). */
  continuationOctets: 16 * 1024,
  /** Parentheses within parentheses. */
  depth: 30,
  /** Entries of one parenthesised list. */
  listLength: 1000,
  /** Keys of one SEARCH, nested ones counted. */
  searchKeys: 500,
  /** Octets of one part that SEARCH decodes to look into. */
  searchedOctets: 4 * 1024 * 1024,
  /** Parts of one message that SEARCH looks into. */
  searchedParts: 200,
  /** Flags of one command. */
  flags: 100,
  flagLength: 100,
  /** Messages whose `\Seen` is set in one go by FETCH. */
  fetchBatch: 50,
  /** Messages that the store is asked for ahead of the one at work. */
  ahead: 8,
  /** Commands in a row that make no sense. */
  badCommands: 20,
  /** Wrong passwords in one session. */
  failedLogins: 5,
  /** Wait before a wrong password is answered. */
  failedLoginMs: 2000,
  folderNameOctets: 1000,
} as const;
