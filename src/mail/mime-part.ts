/**
 * The MIME structure of a message (RFC 2045, RFC 2046): where each part lies in the octets, and the fields that
 * describe it. Made by `structure.ts` in one pass over the bytes, kept by the store, answered by IMAP, walked by fax.
 * Plain data, so that it can be kept as JSON.
 */
export interface MimePart {
  /** Lower case: `text`, `multipart`, `message`, `application`, … */
  readonly type: string;
  readonly subtype: string;
  /** Content-Type parameters, names in lower case, values as decoded by RFC 2231. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Content-ID with its angle brackets. */
  readonly id?: string;
  readonly description?: string;
  /** Content-Transfer-Encoding in lower case; `7bit` when absent. */
  readonly encoding: string;
  readonly disposition?: { readonly type: string; readonly parameters: Readonly<Record<string, string>> };
  readonly language?: readonly string[];
  readonly location?: string;
  readonly md5?: string;
  /** Octet offsets in the whole message: the part's header block, and its body, end exclusive. */
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Lines of the body as transferred (RFC 9051 `body-fld-lines`). */
  readonly lines: number;
  /**
   * The parts of a multipart, or the one message in a message/rfc822. Empty for a multipart without boundary, one in which
   * no boundary came, and all that lies beyond the limits of `structure.ts`: such a part is an opaque body.
   */
  readonly parts: readonly MimePart[];
  /** Stands at the top part of each message: at the root, and at the one part of a message/rfc822. */
  readonly envelope?: MessageEnvelope;
}

/** The fields that IMAP's ENVELOPE names (RFC 9051 §2.3.5), raw: unfolded, not decoded. */
export interface MessageEnvelope {
  readonly date?: string;
  readonly subject?: string;
  readonly from: readonly AddressEntry[];
  readonly sender: readonly AddressEntry[];
  readonly replyTo: readonly AddressEntry[];
  readonly to: readonly AddressEntry[];
  readonly cc: readonly AddressEntry[];
  readonly bcc: readonly AddressEntry[];
  readonly inReplyTo?: string;
  readonly messageId?: string;
}

/**
 * A mailbox, or the start (`mailbox` is the group's name, no `host`) or end (neither) of a group, as in RFC 9051 ENVELOPE.
 * A mailbox that was written without a domain has an empty `host`.
 */
export interface AddressEntry {
  /** Display name without quotes; encoded-words are left as they are. */
  readonly name?: string;
  readonly mailbox?: string;
  readonly host?: string;
}
