import type { OperationName, OperationParameters, OperationResult } from './operations.ts';

/** The octets that go with an operation, on the side of the helper. */
export interface HandlerStreams {
  /** Empty unless the operation's `stream` is `in`. Need not be read to its end. */
  readonly input: AsyncIterable<Uint8Array>;
  /** For an operation whose `stream` is `out`. */
  readonly output: (chunk: Uint8Array) => Promise<void>;
}

/** Does one operation, as root. @throws PrivilegedError in words for people; anything else is told as `failed` */
export type Handler<Name extends OperationName> = (
  parameters: OperationParameters<Name>,
  streams: HandlerStreams,
) => Promise<OperationResult<Name>>;

/** Some of the operations: what one file of the helper exports. */
export type Handlers<Name extends OperationName = OperationName> = { readonly [Each in Name]: Handler<Each> };

/** For each operation the way to its handlers: only the file that is needed is loaded, since the helper starts anew for each request. */
export type HandlerFiles = { readonly [Name in OperationName]?: () => Promise<Handlers<Name>> };
