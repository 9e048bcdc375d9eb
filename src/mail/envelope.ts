/** The envelope of a message (RFC 5321 §2.3.1) with its DSN parameters (RFC 3461). Plain data. */
export interface Envelope {
  /** The mailbox that reports go to; empty for the null reverse-path `<>`. */
  readonly reversePath: string;
  readonly recipients: readonly EnvelopeRecipient[];
  /** RET (RFC 3461 §4.3): how much of the message a report returns. */
  readonly ret?: 'full' | 'headers';
  /** ENVID (RFC 3461 §4.4), decoded from xtext. */
  readonly envelopeId?: string;
  /** SMTPUTF8 was given: addresses or headers may hold UTF-8 (RFC 6531). */
  readonly smtputf8?: boolean;
}

export interface EnvelopeRecipient {
  /** The forward-path's mailbox, domain in lower case. */
  readonly address: string;
  /** NOTIFY; without it failures and delays are reported (RFC 3461 §4.1). */
  readonly notify?: Notify;
  /** ORCPT as `type;address`, decoded from xtext (RFC 3461 §4.2). */
  readonly originalRecipient?: string;
}

/** What the sender wants to hear of; all false is NEVER. */
export interface Notify {
  readonly success: boolean;
  readonly failure: boolean;
  readonly delay: boolean;
}

/** Where a message came from; named as in Courier's rule files, with `fax` for received faxes. */
export type Source = 'esmtp' | 'local' | 'fax' | 'dsn' | 'web';
