/** What a client may ask of one session, beside what the configuration limits. */
export const limits = {
  /** Octets of a line: RFC 2449 §4 allows 255, RFC 5034 §4 more for an initial response. */
  lineOctets: 4096,
  /** Commands in a row that make no sense. */
  badCommands: 20,
  /** Wrong passwords in one session. */
  failedLogins: 5,
  /** Wait before a wrong password is answered. */
  failedLoginMs: 2000,
} as const;
