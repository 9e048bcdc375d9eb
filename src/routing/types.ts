import type { FaxOptions } from '../fax/fax-address.ts';
import type { Source } from '../mail/envelope.ts';

/** How one recipient leaves. The agent's name is the folder's file name in `agents/`. */
export type Route =
  | { readonly agent: 'local'; readonly account: string }
  | { readonly agent: 'fax'; readonly number: string; readonly options: FaxOptions }
  | { readonly agent: 'esmtp'; readonly domain: string };

/** One recipient's address after aliases, with its way. */
export interface RoutedRecipient {
  readonly address: string;
  readonly route: Route;
}

export type Routing =
  /** More than one recipient, or another address than asked for, means an alias was expanded. */
  | {
      readonly kind: 'routed';
      readonly recipients: readonly RoutedRecipient[];
      readonly alias: boolean;
      /** It was the entry for all unknown names of the domain. */
      readonly catchAll?: true;
    }
  | Refusal;

/** Never to be accepted, as it stands now. */
export interface Refusal {
  readonly kind: 'refused';
  /** SMTP reply code and enhanced status code (RFC 3463). */
  readonly code: number;
  readonly status: string;
  readonly text: string;
}

/** Who asks, as far as it decides the answer. */
export interface Asker {
  /** May mail leave to other domains? Authenticated, from a relay network, or made on this box. */
  readonly relay: boolean;
  /** May faxes be sent? */
  readonly fax: boolean;
  readonly source: Source;
}
