/**
 * Every wait of the modem driver, by name, in ms (the T.30 timers belong to the modem; these are how long we give it).
 * A table in place of constants, so that a port that needs more time, or a test, can pass its own.
 */
export const defaultWaits = {
  /** Between a final result and the next command: modems lose what comes at once (50–100 ms are usual). */
  settle: 60,
  /** Answer to a command that does nothing on the telephone line. */
  command: 5_000,
  /** DTR is held low so long to hang up, and raised so long before the next command. */
  dtr: 500,
  /** From going off the hook to the dial tone, or to its absence, in a self-test. */
  dialTone: 25_000,
  /** From dialling to the far side's identification: the number, 60 s of ringing, T1 of 35 s. */
  dial: 180_000,
  /** From ATA to the far side's parameters. */
  answer: 120_000,
  /** From +FDT to CONNECT: several trainings fit in. */
  negotiate: 180_000,
  /** From CONNECT to XON in class 2; then data are sent without it. */
  xon: 5_000,
  /** One piece of page data held by flow control: at 2400 bit/s a modem's buffer empties in seconds. */
  writeStall: 60_000,
  /** From the end of the page data to OK, at least; more by the size of the page, for modems that swallow it at once. */
  pageTaken: 120_000,
  /** From the post-page message to the far side's answer. */
  postPage: 180_000,
  /** From +FDR to CONNECT, or to the end of the call. */
  nextPage: 180_000,
  /** Silence within a page that is being received. */
  pageSilence: 60_000,
  /** From the end of a received page to its reports and OK. */
  pageReports: 60_000,
  /** Answer to an order to hang up. */
  hangUp: 15_000,
  /** From +FHNG to the OK that belongs to it. */
  afterHangUp: 2_000,
  /** Without a further RING the caller has given up. North America rings every 6 s. */
  ringGap: 10_000,
  /** An idle modem is asked whether it is well. */
  health: 3_600_000,
} as const;

export type WaitName = keyof typeof defaultWaits;
export type Waits = Readonly<Record<WaitName, number>>;
