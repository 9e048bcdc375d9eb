/** What `@fax-lowres-ignore-cover` asks for (Courier's module.fax). */
export interface FaxOptions {
  /** 98 lines per inch in place of 196. */
  readonly lowResolution: boolean;
  /** Attachments that cannot be faxed are skipped and named on the cover page. */
  readonly ignoreUnknown: boolean;
  /** Only the cover page is sent. */
  readonly coverOnly: boolean;
}
