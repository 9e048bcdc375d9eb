/** A document that can never become pages. The message tells its sender why and what to do. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}
